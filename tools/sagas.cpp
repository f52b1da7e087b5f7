#include "tools/sagas.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/pg/settings.hpp"
#include "core/settings/command_line.hpp"
#include "http-api/admin/held_event_rows.hpp"
#include "http-api/admin/saga_requests.hpp"
#include "tools/arguments.hpp"
#include "tools/owner_requests.hpp"

namespace orderflow::tools {
namespace {

using http_api::Checked;
using http_api::PageRequest;
using http_api::SagaGroup;
using http_api::WaitingSagaRow;
using nlohmann::json;

// What the line asked for; each subcommand fills in what it takes.
struct SagasArguments {
  std::string verb;
  std::vector<std::string> ids;
  SagaGroup group;
  Reasoned reasoned;
  int limit = 0;
  bool json = false;
  bool dry_run = false;
};

void add_group(CLI::App& command, SagaGroup& group) {
  command.add_option("--step", group.step, "those that wait in this step")->type_name("STEP");
  command.add_option("--error", group.error, "those that wait for this reason")->type_name("CODE");
}

void add_verb(CLI::App& sagas, const char* verb, const char* summary, SagasArguments& arguments) {
  CLI::App* command = sagas.add_subcommand(verb, summary);
  add_ids(*command, arguments.ids);
  add_reason(*command, arguments.reasoned);
  add_group(*command, arguments.group);
  command->add_flag("--dry-run", arguments.dry_run, "only say whom it would meet");
}

void add_commands(CLI::App& sagas, SagasArguments& arguments) {
  sagas.require_subcommand(1);
  CLI::App* list = sagas.add_subcommand("list", "the sagas that need attention, newest first");
  add_group(*list, arguments.group);
  add_limit(*list, arguments.limit);
  list->add_flag("--json", arguments.json, "as JSON");
  CLI::App* show = sagas.add_subcommand("show", "sagas with what operators did to them");
  add_ids(*show, arguments.ids)->required();
  add_verb(sagas, "retry", "try the waiting step again", arguments);
  add_verb(sagas, "cancel", "give the order up and undo what was done", arguments);
  add_verb(sagas, "pause", "hold an order where it is", arguments);
  add_verb(sagas, "resume", "let it go on", arguments);
  CLI::App* skip = sagas.add_subcommand(
      "skip", "take what the participant has stored for the answer that does not come");
  add_ids(*skip, arguments.ids)->required();
  add_reason(*skip, arguments.reasoned);
  skip->get_option("--reason")->required();
  for (CLI::App* command : sagas.get_subcommands({})) {
    command->callback([command, &arguments] { arguments.verb = command->get_name(); });
  }
}

class SagasTool {
 public:
  SagasTool(const core::CommandLine& line, const core::DatabaseUrl& url,
            const SagasArguments& arguments)
      : line_(line),
        arguments_(arguments),
        ids_(ids_of(arguments.ids)),
        url_(url),
        orders_(url, tool_session("orderflow_orders")) {
    for (const auto& error : arguments_.group.errors()) {
      line_.refuse("--" + error.pointer + " " + error.detail);
    }
  }

  int run() {
    if (arguments_.verb == "list") return list();
    if (arguments_.verb == "show") return show();
    if (arguments_.verb == "skip") return skip();
    const auto kind = http_api::operator_verb(arguments_.verb);
    if (!kind) line_.refuse("'" + arguments_.verb + "' is nothing to do with sagas");
    return ids_.empty() ? ask_all(*kind) : ask(*kind);
  }

 private:
  int list() {
    PageRequest page;
    page.limit = arguments_.limit;
    const auto found = http_api::read_page<WaitingSagaRow>(
        orders_, http_api::waiting_sagas(arguments_.group), page);
    if (arguments_.json) {
      std::printf("%s\n",
                  http_api::list_response(found, page, http_api::waiting_saga_json).body.c_str());
      return 0;
    }
    std::printf("%-36s  %-8s  %-9s  %-24s  %s\n", "order", "step", "waits for", "since", "reason");
    for (const auto& [saga] : found.rows) {
      const auto& state = saga.state;
      std::printf("%-36s  %-8s  %-9s  %-24s  %s\n", saga.order_id.uuid.to_string().c_str(),
                  std::string(saga::current_step(state).value_or("-")).c_str(),
                  std::string(saga::to_text(state.waiting_for)).c_str(),
                  core::to_rfc3339(saga.updated_at).c_str(),
                  state.reason.empty() ? "-" : state.reason.c_str());
    }
    if (found.left_out > 0) {
      std::printf("%d cannot be read; the orchestrator's readiness and log name them\n",
                  found.left_out);
    }
    if (found.more) {
      std::printf("there are more; see them with --limit or narrow with --step and --error\n");
    }
    const auto held = http_api::read_page<http_api::HeldEventsRow>(
        orders_, http_api::list_held_events(), {.limit = 1});
    if (!held.rows.empty()) {
      std::printf("Kafka refuses events of orders; see `orderflow held-events list`\n");
    }
    return 0;
  }

  int show() {
    int code = 0;
    for (const auto& id : ids_) {
      const auto saga = http_api::saga_with_trail_json(orders_, id);
      if (saga) {
        std::printf("%s\n", json::parse(*saga).dump(2).c_str());
      } else {
        std::fprintf(stderr, "%s: there is no order with this id\n", id.to_string().c_str());
        code = 1;
      }
    }
    return code;
  }

  int ask(const saga::RequestKind& kind) {
    int code = 0;
    const domain::Operator who = operator_of(arguments_.reasoned);
    for (const auto& id : ids_) code |= submit(id, kind, who);
    return code;
  }

  int skip() {
    int code = 0;
    const domain::Operator who = operator_of(arguments_.reasoned);
    for (const auto& id : ids_) {
      const auto sound = find_skip(id);
      code |= sound ? submit(id, *sound, who) : say_refused(id, sound.error());
    }
    return code;
  }

  Checked<saga::Skip> find_skip(const core::Uuid& order_id) {
    const auto step = http_api::waiting_step_of(http_api::find_saga(orders_, order_id));
    if (!step) return http_api::refuse(step.error());
    const auto& rows = http_api::command_rows_of(*step);
    core::PgSession session(url_, tool_session(rows.participant.database_role));
    return http_api::skip_of(*step, rows.read(session, step->command_id));
  }

  int submit(const core::Uuid& order_id, const saga::RequestKind& kind,
             const domain::Operator& who) {
    return ask_owner(orders_,
                     http_api::operator_request(kind, order_id, who, arguments_.reasoned.reason));
  }

  int ask_all(const saga::RequestKind& kind) {
    const http_api::BulkRequest request{kind, arguments_.group, arguments_.reasoned.reason,
                                        arguments_.dry_run};
    if (request.group.empty()) {
      line_.refuse(arguments_.verb + " needs ids, or a group: --step, --error or both");
    }
    if (request.reason.empty() && !request.dry_run) line_.refuse("a whole group needs --reason");
    const domain::Operator who = operator_of(arguments_.reasoned);
    core::PgTransaction transaction(orders_);
    const auto outcome = http_api::request_for_group(transaction, request, who);
    transaction.commit();
    for (const auto& item : outcome.items) {
      std::printf("%s  %s\n", item.order_id.uuid.to_string().c_str(),
                  request.dry_run ? "would be asked" : ("job " + item.job_id.to_string()).c_str());
    }
    std::printf("%lld match, %zu %s\n", static_cast<long long>(outcome.matched),
                outcome.items.size(), request.dry_run ? "would be asked" : "asked");
    return 0;
  }

  const core::CommandLine& line_;
  const SagasArguments& arguments_;
  std::vector<core::Uuid> ids_;
  core::DatabaseUrl url_;
  core::PgSession orders_;
};

}  // namespace

int run_sagas(const core::SettingsSources& sources, std::span<const std::string> arguments) {
  core::CommandLine line("orderflow sagas", "Sagas that wait for a person, and what to do.",
                         sources);
  SagasArguments asked;
  add_commands(line.app(), asked);
  const auto settings = line.parse(arguments);
  if (!settings) return 0;
  return SagasTool(line, settings->get(core::kDatabaseUrl), asked).run();
}

}  // namespace orderflow::tools
