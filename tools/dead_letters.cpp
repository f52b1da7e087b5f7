#include "tools/dead_letters.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/pg/settings.hpp"
#include "core/settings/command_line.hpp"
#include "http-api/admin/dead_letter_resolution.hpp"
#include "http-api/admin/dead_letter_rows.hpp"
#include "http-api/admin/saga_groups.hpp"
#include "tools/arguments.hpp"

namespace orderflow::tools {
namespace {

using http_api::DeadLetterFilter;
using http_api::DeadLetterRow;
using http_api::Resolution;

// What the line asked for; each subcommand fills in what it takes.
struct DeadLettersArguments {
  std::string verb;
  std::vector<std::string> ids;
  DeadLetterFilter filter;
  Reasoned reasoned;
  int limit = 0;
  bool json = false;
  bool dry_run = false;
};

void add_filter(CLI::App& command, DeadLetterFilter& filter) {
  command.add_option("--source", filter.source, "those that this role refused")->type_name("ROLE");
  command.add_option("--topic", filter.topic, "those of this topic")->type_name("TOPIC");
}

void add_commands(CLI::App& dead_letters, DeadLettersArguments& arguments) {
  dead_letters.require_subcommand(1);
  CLI::App* list =
      dead_letters.add_subcommand("list", "messages nobody could process, newest first");
  add_filter(*list, arguments.filter);
  add_limit(*list, arguments.limit);
  list->add_flag("--all", arguments.filter.resolved_too, "with those that are resolved");
  list->add_flag("--json", arguments.json, "as JSON");
  CLI::App* show = dead_letters.add_subcommand("show", "dead letters in full");
  add_ids(*show, arguments.ids)->required();
  for (const auto& [verb, summary] : {std::pair("replay", "put messages back into their topics"),
                                      std::pair("discard", "give messages up")}) {
    CLI::App* command = dead_letters.add_subcommand(verb, summary);
    add_ids(*command, arguments.ids);
    add_filter(*command, arguments.filter);
    add_reason(*command, arguments.reasoned);
    command->add_flag("--dry-run", arguments.dry_run, "only say which it would meet");
  }
  for (CLI::App* command : dead_letters.get_subcommands({})) {
    command->callback([command, &arguments] { arguments.verb = command->get_name(); });
  }
}

class DeadLettersTool {
 public:
  DeadLettersTool(const core::CommandLine& line, const core::Settings& settings,
                  const DeadLettersArguments& arguments)
      : line_(line),
        arguments_(arguments),
        ids_(ids_of(arguments.ids)),
        logger_("dead-letters", core::LogLevel::kWarning),
        replayer_(core::kafka_options(settings, "orderflow-replay"), logger_, health_) {
    for (const http_api::DeadLetterTable& table : http_api::dead_letter_tables()) {
      places_.push_back(
          {table, std::make_unique<core::PgSession>(settings.get(core::kDatabaseUrl),
                                                    tool_session(table.database_role))});
    }
  }

  int run() {
    if (arguments_.verb == "list") return list();
    if (arguments_.verb == "show") return show();
    return resolve_all(arguments_.verb == "replay" ? Resolution::kReplayed
                                                   : Resolution::kDiscarded);
  }

 private:
  // The dead letters of one context.
  struct Place {
    const http_api::DeadLetterTable& table;
    std::unique_ptr<core::PgSession> session;
  };

  [[nodiscard]] http_api::PageOf<DeadLetterRow> page(int limit) {
    std::vector<http_api::PageOf<DeadLetterRow>> pages;
    for (const auto& [table, session] : places_) {
      if (!http_api::concerns(arguments_.filter, table)) continue;
      pages.push_back(http_api::read_page<DeadLetterRow>(
          *session, http_api::list_dead_letters(table, arguments_.filter), {.limit = limit}));
    }
    return http_api::merged(std::move(pages), static_cast<std::size_t>(limit));
  }

  // Null: there is no such dead letter.
  const Place* place_of(const core::Uuid& id) {
    const auto found = std::find_if(places_.begin(), places_.end(), [&](const Place& place) {
      return http_api::has_dead_letter(*place.session, place.table, id);
    });
    if (found != places_.end()) return &*found;
    std::fprintf(stderr, "%s: there is no dead letter with this id\n", id.to_string().c_str());
    return nullptr;
  }

  int list() {
    const auto found = page(arguments_.limit);
    if (arguments_.json) {
      std::printf("%s\n",
                  http_api::list_response(found, {}, http_api::dead_letter_json).body.c_str());
      return 0;
    }
    std::printf("%-36s  %-12s  %-8s  %s\n", "id", "source", "attempts", "topic: reason");
    for (const auto& letter : found.rows) {
      std::printf("%-36s  %-12s  %-8d  %s: %s\n", letter.id.to_string().c_str(),
                  letter.source.c_str(), letter.attempts, letter.topic.c_str(),
                  letter.reason.c_str());
    }
    if (found.more) {
      std::printf("there are more; see them with --limit or narrow with --source and --topic\n");
    }
    return 0;
  }

  int show() {
    int code = 0;
    for (const auto& id : ids_) {
      const Place* place = place_of(id);
      const auto letter = place == nullptr
                              ? std::nullopt
                              : http_api::find_dead_letter(*place->session, place->table, id);
      if (!letter) {
        code = 1;
        continue;
      }
      const std::string text =
          http_api::full_dead_letter_json(*letter, http_api::trail_json(*place->session, id));
      std::printf("%s\n", nlohmann::json::parse(text).dump(2).c_str());
    }
    return code;
  }

  // The ids given, or the open letters of the group: at most a page of them at a time.
  std::vector<core::Uuid> wanted() {
    if (!ids_.empty()) return ids_;
    if (arguments_.filter.source.empty() && arguments_.filter.topic.empty()) {
      line_.refuse("say which: ids, or a group with --source, --topic or both");
    }
    std::vector<core::Uuid> ids;
    const auto found = page(http_api::kPageLimitMax);
    for (const auto& letter : found.rows) ids.push_back(letter.id);
    if (found.more) {
      std::printf("only the newest %zu this time; run it again for the others\n", ids.size());
    }
    return ids;
  }

  int resolve_all(Resolution resolution) {
    const std::string& reason = arguments_.reasoned.reason;
    if (reason.empty() && !arguments_.dry_run &&
        (ids_.empty() || resolution == Resolution::kDiscarded)) {
      line_.refuse("this needs --reason");
    }
    int code = 0;
    const std::string name(http_api::name_of(resolution));
    const domain::Operator who = operator_of(arguments_.reasoned);
    for (const auto& id : wanted()) {
      if (arguments_.dry_run) {
        std::printf("%s  would be %s\n", id.to_string().c_str(), name.c_str());
        continue;
      }
      const Place* place = place_of(id);
      if (place == nullptr) {
        code = 1;
        continue;
      }
      const http_api::ResolveDeadLetter wanted{id, resolution, reason, std::nullopt};
      const auto answer = http_api::resolve(*place->session, place->table, replayer_, wanted, who);
      if (!answer) code = 1;
      std::printf("%s  %s\n", id.to_string().c_str(),
                  answer ? name.c_str() : ("refused: " + answer.error().detail).c_str());
    }
    return code;
  }

  const core::CommandLine& line_;
  const DeadLettersArguments& arguments_;
  std::vector<core::Uuid> ids_;
  core::Logger logger_;
  std::vector<Place> places_;
  core::Health health_;  // Nobody looks after it here: each replay finds out by itself.
  http_api::MessageReplayer replayer_;
};

}  // namespace

int run_dead_letters(const core::SettingsSources& sources, std::span<const std::string> arguments) {
  core::CommandLine line("orderflow dead-letters", "Messages nobody could process.", sources);
  DeadLettersArguments asked;
  add_commands(line.app(), asked);
  const auto settings = line.parse(arguments);
  if (!settings) return 0;
  return DeadLettersTool(line, *settings, asked).run();
}

}  // namespace orderflow::tools
