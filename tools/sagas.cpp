#include "tools/sagas.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <thread>

#include "core/values/failure.hpp"
#include "http-api/admin/saga_desk.hpp"
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
constexpr auto kDecisionPatience = std::chrono::seconds{10};
constexpr auto kDecisionPoll = std::chrono::milliseconds{100};

std::string text_of(const json& value) {
  return value.is_null() ? "-" : value.is_string() ? value.get<std::string>() : value.dump();
}

class SagasTool {
 public:
  explicit SagasTool(const ToolArguments& arguments)
      : arguments_(arguments),
        orders_(arguments.config().text("database-url"), "orderflow_orders", 1),
        payments_(arguments.config().text("database-url"), "orderflow_payments", 1),
        delivery_(arguments.config().text("database-url"), "orderflow_delivery", 1) {}

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
    if (const auto problem = group.problem()) arguments_.refuse_usage(problem->detail);
    return group;
  }

  int list() {
    PageRequest page;
    page.limit = arguments_.limit();
    page.list = "sagas";
    const Response answer = read_list(orders_, waiting_sagas(group(), std::move(page)));
    if (arguments_.has("json")) {
      std::printf("%s\n", answer.body.c_str());
      return 0;
    }
    const json document = json::parse(answer.body);
    std::printf("%-36s  %-8s  %-9s  %-24s  %s\n", "order", "step", "waits for", "since", "reason");
    for (const auto& saga : document.at("items")) {
      std::printf("%-36s  %-8s  %-9s  %-24s  %s\n", text_of(saga.at("order_id")).c_str(),
                  text_of(saga.at("step")).c_str(), text_of(saga.at("waiting_for")).c_str(),
                  text_of(saga.at("updated_at")).c_str(), text_of(saga.at("reason")).c_str());
    }
    if (!document.at("next_page_token").is_null()) {
      std::printf("there are more; see them with --limit or narrow with --step and --error\n");
    }
    return 0;
  }

  int show() {
    int code = 0;
    for (const auto& id : arguments_.ids()) {
      const auto saga = saga_json(orders_, id);
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
    const Operator who = arguments_.who();
    for (const auto& id : arguments_.ids()) code |= submit(id, kind, who);
    return code;
  }

  int skip() {
    if (arguments_.option("reason").empty()) arguments_.refuse_usage("a skip needs --reason");
    if (arguments_.ids().empty()) arguments_.refuse_usage("skip needs ids");
    int code = 0;
    const Operator who = arguments_.who();
    for (const auto& id : arguments_.ids()) {
      const auto sound = skip_of({orders_, payments_, delivery_}, id);
      code |= sound ? submit(id, *sound, who) : refused(id, sound.error());
    }
    return code;
  }

  int submit(const core::Uuid& order_id, const saga::RequestKind& kind, const Operator& who) {
    const auto submitted =
        store_request(orders_, operator_request(kind, order_id, who, arguments_.option("reason")));
    if (!submitted.response) return refused(order_id, submitted.response.error());
    return await_decision(order_id, json::parse(submitted.response->body).at("id"));
  }

  static int refused(const core::Uuid& order_id, const Problem& problem) {
    std::printf("%s  refused: %s\n", order_id.to_string().c_str(), problem.detail.c_str());
    return 1;
  }

  // The owner's word on one request.
  int await_decision(const core::Uuid& order_id, const std::string& job_id) {
    const auto until = std::chrono::steady_clock::now() + kDecisionPatience;
    while (true) {
      const auto [state, why] = orders_.read([&](pqxx::nontransaction& transaction) {
        const auto rows = transaction.exec_params(
            "SELECT state, coalesce(outcome_detail, '') FROM orders.requests WHERE id = $1::uuid",
            job_id);
        return std::pair(std::string(rows[0][0].c_str()), std::string(rows[0][1].c_str()));
      });
      const bool late = std::chrono::steady_clock::now() >= until;
      if (state != "accepted" || late) {
        std::printf("%s  %s%s%s  job %s\n", order_id.to_string().c_str(), state.c_str(),
                    why.empty() ? "" : ": ", why.c_str(), job_id.c_str());
        if (state == "accepted") {
          std::printf("no owner has looked at it; it stays there until an orchestrator runs\n");
        }
        return state == "refused" ? 1 : 0;
      }
      std::this_thread::sleep_for(kDecisionPoll);
    }
  }

  int ask_all(const saga::RequestKind& kind) {
    BulkRequest request{kind, group(), arguments_.option("reason"), arguments_.has("dry-run")};
    if (request.group.step.empty() && request.group.error.empty()) {
      arguments_.refuse_usage(std::string(saga::name_of(kind)) +
                              " needs ids, or a group: --step, --error or both");
    }
    if (request.reason.empty() && !request.dry_run) {
      arguments_.refuse_usage("a whole group needs --reason");
    }
    const Operator who = arguments_.who();
    const auto outcome = orders_.write(
        [&](pqxx::work& transaction) { return ask_group(transaction, request, who); });
    for (const auto& item : outcome.items) {
      std::printf("%s  %s\n", item.order_id.to_string().c_str(),
                  request.dry_run ? "would be asked" : ("job " + item.job_id.to_string()).c_str());
    }
    std::printf("%lld match, %zu %s\n", static_cast<long long>(outcome.matched),
                outcome.items.size(), request.dry_run ? "would be asked" : "asked");
    return 0;
  }

  const ToolArguments& arguments_;
  core::DatabasePool orders_;
  core::DatabasePool payments_;
  core::DatabasePool delivery_;
};

}  // namespace

int run_sagas(const core::Config& config, std::span<const std::string> arguments) {
  const ToolArguments parsed(config, arguments, {"step", "error", "limit", "reason", "actor"},
                             {"json", "dry-run"}, kSagasUsage);
  return SagasTool(parsed).run();
}

}  // namespace orderflow::http_api
