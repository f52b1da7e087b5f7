#include "tools/sagas.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/values/failure.hpp"
#include "http-api/admin/saga_requests.hpp"
#include "http-api/orders/job_rows.hpp"
#include "saga/order/order_saga.hpp"
#include "tools/arguments.hpp"

namespace orderflow::http_api {
namespace {

using nlohmann::json;

constexpr std::string_view kSagasUsage =
    "usage: orderflow sagas list [--step S] [--error CODE] [--limit N] [--json]\n"
    "       orderflow sagas show ID\n"
    "       orderflow sagas retry|cancel|pause|resume ID... [--reason TEXT] [--actor NAME]\n"
    "       orderflow sagas retry|cancel|pause|resume --step S --error CODE --reason TEXT "
    "[--dry-run]\n"
    "       orderflow sagas skip ID... --reason TEXT [--actor NAME]\n";

// Owners look for requests every second; one that nobody decides by then has no owner.
constexpr auto kDecisionTimeout = std::chrono::seconds{10};
constexpr auto kDecisionPoll = std::chrono::milliseconds{100};

class SagasTool {
 public:
  explicit SagasTool(const ToolArguments& arguments)
      : arguments_(arguments),
        orders_(arguments.config().text("database-url"), tool_session("orderflow_orders")),
        payments_(arguments.config().text("database-url"), tool_session("orderflow_payments")),
        delivery_(arguments.config().text("database-url"), tool_session("orderflow_delivery")) {}

  int run() {
    const std::string verb = arguments_.words().empty() ? "" : arguments_.words().front();
    if (verb == "list") return list();
    if (verb == "show") return show();
    if (verb == "skip") return skip();
    const auto kind = operator_verb(verb);
    if (!kind) arguments_.refuse_usage("'" + verb + "' is nothing to do with sagas");
    return arguments_.ids().empty() ? ask_all(*kind) : ask(*kind);
  }

 private:
  [[nodiscard]] SagaGroup group() const {
    SagaGroup group{arguments_.option("step"), arguments_.option("error")};
    for (const auto& error : group.errors()) {
      arguments_.refuse_usage("--" + error.pointer + " " + error.detail);
    }
    return group;
  }

  int list() {
    PageRequest page;
    page.limit = arguments_.limit();
    const auto found = read_page<WaitingSagaRow>(orders_, waiting_sagas(group()), page);
    if (arguments_.has("json")) {
      std::printf("%s\n", list_response(found, page).body.c_str());
      return 0;
    }
    std::printf("%-36s  %-8s  %-9s  %-24s  %s\n", "order", "step", "waits for", "since", "reason");
    for (const auto& [saga] : found.rows) {
      std::printf("%-36s  %-8s  %-9s  %-24s  %s\n", saga.order_id.to_string().c_str(),
                  std::string(step_name(saga.phase, saga.step).value_or("-")).c_str(),
                  std::string(saga::to_text(saga.waiting_for)).c_str(),
                  core::to_rfc3339(saga.updated_at).c_str(), saga.reason.value_or("-").c_str());
    }
    if (found.more) {
      std::printf("there are more; see them with --limit or narrow with --step and --error\n");
    }
    return 0;
  }

  int show() {
    int code = 0;
    for (const auto& id : arguments_.ids()) {
      const auto saga = saga_with_trail_json(orders_, id);
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
    const domain::Operator who = arguments_.who();
    for (const auto& id : arguments_.ids()) code |= submit(id, kind, who);
    return code;
  }

  int skip() {
    if (arguments_.option("reason").empty()) arguments_.refuse_usage("a skip needs --reason");
    if (arguments_.ids().empty()) arguments_.refuse_usage("skip needs ids");
    int code = 0;
    const domain::Operator who = arguments_.who();
    for (const auto& id : arguments_.ids()) {
      const auto sound = find_skip(id);
      code |= sound ? submit(id, *sound, who) : refused(id, sound.error());
    }
    return code;
  }

  Checked<saga::Skip> find_skip(const core::Uuid& order_id) {
    const auto step = waiting_step_of(find_saga(orders_, order_id));
    if (!step) return refuse(step.error());
    auto& participant = step->step == saga::kPaymentStep ? payments_ : delivery_;
    return skip_of(*step, read_participant_row(participant, *step));
  }

  int submit(const core::Uuid& order_id, const saga::RequestKind& kind,
             const domain::Operator& who) {
    const auto stored =
        store_request(orders_, operator_request(kind, order_id, who, arguments_.option("reason")));
    if (!stored.response) return refused(order_id, stored.response.error());
    const auto job = json::parse(stored.response->body).at("id").get<std::string>();
    return await_decision(order_id, core::Uuid::parse(job).value());
  }

  static int refused(const core::Uuid& order_id, const Problem& problem) {
    std::printf("%s  refused: %s\n", order_id.to_string().c_str(), problem.detail.c_str());
    return 1;
  }

  // What the order's owner decides about one request.
  int await_decision(const core::Uuid& order_id, const core::Uuid& job_id) {
    const auto until = std::chrono::steady_clock::now() + kDecisionTimeout;
    while (true) {
      const JobRow job = find_job(orders_, job_id).value();
      const bool late = std::chrono::steady_clock::now() >= until;
      if (job.state != "accepted" || late) {
        const std::string why = job.outcome_detail.value_or("");
        std::printf("%s  %s%s%s  job %s\n", order_id.to_string().c_str(), job.state.c_str(),
                    why.empty() ? "" : ": ", why.c_str(), job_id.to_string().c_str());
        if (job.state == "accepted") {
          std::printf("no owner has looked at it; it stays there until an orchestrator runs\n");
        }
        return job.state == "refused" ? 1 : 0;
      }
      std::this_thread::sleep_for(kDecisionPoll);
    }
  }

  int ask_all(const saga::RequestKind& kind) {
    BulkRequest request{kind, group(), arguments_.option("reason"), arguments_.has("dry-run")};
    if (request.group.empty()) {
      arguments_.refuse_usage(std::string(saga::name_of(kind)) +
                              " needs ids, or a group: --step, --error or both");
    }
    if (request.reason.empty() && !request.dry_run) {
      arguments_.refuse_usage("a whole group needs --reason");
    }
    const domain::Operator who = arguments_.who();
    core::PgTransaction transaction(orders_);
    const auto outcome = request_for_group(transaction, request, who);
    transaction.commit();
    for (const auto& item : outcome.items) {
      std::printf("%s  %s\n", item.order_id.to_string().c_str(),
                  request.dry_run ? "would be asked" : ("job " + item.job_id.to_string()).c_str());
    }
    std::printf("%lld match, %zu %s\n", static_cast<long long>(outcome.matched),
                outcome.items.size(), request.dry_run ? "would be asked" : "asked");
    return 0;
  }

  const ToolArguments& arguments_;
  core::PgSession orders_;
  core::PgSession payments_;
  core::PgSession delivery_;
};

}  // namespace

int run_sagas(const core::Config& config, std::span<const std::string> arguments) {
  const ToolArguments parsed(config, arguments, {"step", "error", "limit", "reason", "actor"},
                             {"json", "dry-run"}, kSagasUsage);
  return SagasTool(parsed).run();
}

}  // namespace orderflow::http_api
