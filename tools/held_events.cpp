#include "tools/held_events.hpp"

#include <cstdio>
#include <thread>

#include "core/pg/settings.hpp"
#include "core/settings/command_line.hpp"
#include "http-api/admin/held_event_rows.hpp"
#include "http-api/admin/saga_requests.hpp"
#include "tools/arguments.hpp"
#include "tools/owner_requests.hpp"

namespace orderflow::tools {
namespace {

using http_api::HeldEventsRow;
using http_api::PageRequest;

// An owner stores what Kafka has acknowledged every second.
constexpr auto kPublishTimeout = std::chrono::seconds{10};
constexpr auto kPublishPoll = std::chrono::milliseconds{100};

struct HeldEventsArguments {
  std::string verb;
  std::vector<std::string> ids;
  Reasoned reasoned;
  int limit = 0;
  bool json = false;
  bool all = false;
};

void add_commands(CLI::App& held_events, HeldEventsArguments& arguments) {
  held_events.require_subcommand(1);
  CLI::App* list = held_events.add_subcommand("list", "orders with events that Kafka refuses");
  add_limit(*list, arguments.limit);
  list->add_flag("--json", arguments.json, "as JSON");
  CLI::App* release = held_events.add_subcommand("release", "have them published now");
  add_ids(*release, arguments.ids);
  release->add_flag("--all", arguments.all, "those of every order");
  add_reason(*release, arguments.reasoned);
  for (CLI::App* command : held_events.get_subcommands({})) {
    command->callback([command, &arguments] { arguments.verb = command->get_name(); });
  }
}

class HeldEventsTool {
 public:
  HeldEventsTool(const core::CommandLine& line, const core::Settings& settings,
                 const HeldEventsArguments& arguments)
      : line_(line),
        arguments_(arguments),
        orders_(settings.get(core::kDatabaseUrl), tool_session("orderflow_orders")) {}

  int run() { return arguments_.verb == "list" ? list() : release_all(); }

 private:
  [[nodiscard]] http_api::PageOf<HeldEventsRow> page(int limit) {
    return http_api::read_page<HeldEventsRow>(orders_, http_api::list_held_events(),
                                              {.limit = limit});
  }

  int list() {
    const auto found = page(arguments_.limit);
    if (arguments_.json) {
      std::printf("%s\n",
                  http_api::list_response(found, {}, http_api::held_events_json).body.c_str());
      return 0;
    }
    std::printf("%-36s  %-8s  %-18s  %-6s  %s\n", "order", "sequence", "type", "events", "reason");
    for (const auto& held : found.rows) {
      std::printf("%-36s  %-8lld  %-18s  %-6lld  %s\n", held.order_id.to_string().c_str(),
                  static_cast<long long>(held.sequence), held.type.c_str(),
                  static_cast<long long>(held.events), held.reason.c_str());
    }
    if (found.more) std::printf("there are more; see them with --limit\n");
    return 0;
  }

  // The ids given, or a page of all.
  std::vector<core::Uuid> wanted() {
    if (arguments_.ids.empty() != arguments_.all) line_.refuse("say which: ids, or --all");
    if (!arguments_.all) return ids_of(arguments_.ids);
    std::vector<core::Uuid> ids;
    const auto found = page(http_api::kPageLimitMax);
    for (const auto& held : found.rows) ids.push_back(held.order_id);
    if (found.more) {
      std::printf("only the newest %zu this time; the others follow by themselves\n", ids.size());
    }
    return ids;
  }

  int release_all() {
    int code = 0;
    const domain::Operator who = operator_of(arguments_.reasoned);
    for (const auto& id : wanted()) {
      const int asked = ask_owner(
          orders_,
          http_api::operator_request(saga::ReleaseEvents{}, id, who, arguments_.reasoned.reason));
      code |= asked == 0 ? await_publication(id) : asked;
    }
    return code;
  }

  // What Kafka says this time.
  int await_publication(const core::Uuid& order_id) {
    const std::string id = order_id.to_string();
    const auto until = std::chrono::steady_clock::now() + kPublishTimeout;
    while (std::chrono::steady_clock::now() < until) {
      if (const auto reason = http_api::held_reason(orders_, order_id)) {
        std::printf("%s  held again: %s\n", id.c_str(), reason->c_str());
        return 1;
      }
      if (http_api::is_published(orders_, order_id)) {
        std::printf("%s  published\n", id.c_str());
        return 0;
      }
      std::this_thread::sleep_for(kPublishPoll);
    }
    std::printf("%s  on its way: Kafka has not answered yet\n", id.c_str());
    return 0;
  }

  const core::CommandLine& line_;
  const HeldEventsArguments& arguments_;
  core::PgSession orders_;
};

}  // namespace

int run_held_events(const core::SettingsSources& sources, std::span<const std::string> arguments) {
  core::CommandLine line("orderflow held-events", "Orders whose events Kafka refuses.", sources);
  HeldEventsArguments asked;
  add_commands(line.app(), asked);
  const auto settings = line.parse(arguments);
  if (!settings) return 0;
  return HeldEventsTool(line, *settings, asked).run();
}

}  // namespace orderflow::tools
