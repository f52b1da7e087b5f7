#include "tools/dead_letters.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "http-api/admin/dead_letter_resolution.hpp"
#include "http-api/admin/dead_letter_rows.hpp"
#include "http-api/admin/saga_groups.hpp"
#include "tools/arguments.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::string_view kDeadLettersUsage =
    "usage: orderflow dead-letters list [--source ROLE] [--topic TOPIC] [--limit N] [--all] "
    "[--json]\n"
    "       orderflow dead-letters show ID\n"
    "       orderflow dead-letters replay ID... [--reason TEXT] [--actor NAME]\n"
    "       orderflow dead-letters discard ID... --reason TEXT [--actor NAME]\n"
    "       orderflow dead-letters replay|discard --source ROLE|--topic TOPIC --reason TEXT "
    "[--dry-run]\n";

class DeadLettersTool {
 public:
  explicit DeadLettersTool(const ToolArguments& arguments)
      : arguments_(arguments),
        logger_("dead-letters", "warning"),
        session_(arguments.config().text("database-url"), tool_session("orderflow_orders")),
        replayer_(core::kafka_options(arguments.config(), "orderflow-replay"), logger_) {}

  int run() {
    const std::string verb = arguments_.words().empty() ? "" : arguments_.words().front();
    if (verb == "list") return list();
    if (verb == "show") return show();
    if (verb == "replay") return resolve_all(Resolution::kReplayed);
    if (verb == "discard") return resolve_all(Resolution::kDiscarded);
    arguments_.refuse_usage("'" + verb + "' is nothing to do with dead letters");
  }

 private:
  [[nodiscard]] PageOf<DeadLetterRow> page(int limit) {
    const DeadLetterFilter filter{arguments_.option("source"), arguments_.option("topic"),
                                  arguments_.has("all")};
    return read_page<DeadLetterRow>(session_, list_dead_letters(filter), {.limit = limit});
  }

  int list() {
    const auto found = page(arguments_.limit());
    if (arguments_.has("json")) {
      std::printf("%s\n", list_response(found, {}).body.c_str());
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
    for (const auto& id : arguments_.ids()) {
      const auto letter = find_dead_letter(session_, id);
      if (letter) {
        const std::string text = to_json(*letter, trail_json(session_, id));
        std::printf("%s\n", nlohmann::json::parse(text).dump(2).c_str());
      } else {
        std::fprintf(stderr, "%s: there is no dead letter with this id\n", id.to_string().c_str());
        code = 1;
      }
    }
    return code;
  }

  // The ids given, or the open letters of the group: at most a page of them at a time.
  std::vector<core::Uuid> wanted() {
    auto ids = arguments_.ids();
    if (!ids.empty()) return ids;
    if (arguments_.option("source").empty() && arguments_.option("topic").empty()) {
      arguments_.refuse_usage("say which: ids, or a group with --source, --topic or both");
    }
    if (arguments_.has("all")) arguments_.refuse_usage("--all is for list");
    const auto found = page(kPageLimitMax);
    for (const auto& letter : found.rows) ids.push_back(letter.id);
    if (found.more) {
      std::printf("only the newest %zu this time; run it again for the others\n", ids.size());
    }
    return ids;
  }

  int resolve_all(Resolution resolution) {
    const bool group = arguments_.words().size() == 1;
    const bool dry_run = arguments_.has("dry-run");
    if (arguments_.option("reason").empty() && !dry_run &&
        (group || resolution == Resolution::kDiscarded)) {
      arguments_.refuse_usage("this needs --reason");
    }
    int code = 0;
    const std::string name(name_of(resolution));
    const domain::Operator who = arguments_.who();
    for (const auto& id : wanted()) {
      if (dry_run) {
        std::printf("%s  would be %s\n", id.to_string().c_str(), name.c_str());
        continue;
      }
      const ResolveDeadLetter wanted{id, resolution, arguments_.option("reason"), std::nullopt};
      const auto answer = resolve(session_, replayer_, wanted, who);
      if (!answer) code = 1;
      std::printf("%s  %s\n", id.to_string().c_str(),
                  answer ? name.c_str() : ("refused: " + answer.error().detail).c_str());
    }
    return code;
  }

  const ToolArguments& arguments_;
  core::Logger logger_;
  core::PgSession session_;
  MessageReplayer replayer_;
};

}  // namespace

int run_dead_letters(const core::Config& config, std::span<const std::string> arguments) {
  const ToolArguments parsed(config, arguments, {"source", "topic", "limit", "reason", "actor"},
                             {"all", "json", "dry-run"}, kDeadLettersUsage);
  return DeadLettersTool(parsed).run();
}

}  // namespace orderflow::http_api
