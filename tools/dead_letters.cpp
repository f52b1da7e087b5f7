#include "tools/dead_letters.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "http-api/admin/dead_letter_desk.hpp"
#include "tools/arguments.hpp"

namespace orderflow::http_api {
namespace {

using nlohmann::json;

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
        pool_(arguments.config().text("database-url"), "orderflow_orders", 1),
        replayer_(core::kafka_options(arguments.config(), "orderflow-replay"), logger_) {}

  int run() {
    const std::string verb = arguments_.words().empty() ? "" : arguments_.words().front();
    if (verb == "list") return list();
    if (verb == "show") return show();
    if (verb == "replay") return end_letters("replayed");
    if (verb == "discard") return end_letters("discarded");
    arguments_.refuse_usage("'" + verb + "' is nothing to do with dead letters");
  }

 private:
  [[nodiscard]] json page(int limit) {
    PageRequest page;
    page.limit = limit;
    page.list = "dead-letters";
    const LetterFilter filter{arguments_.option("source"), arguments_.option("topic"),
                              arguments_.has("all")};
    return json::parse(read_list(pool_, dead_letters(filter, std::move(page))).body);
  }

  int list() {
    const json document = page(arguments_.limit());
    if (arguments_.has("json")) {
      std::printf("%s\n", document.dump().c_str());
      return 0;
    }
    std::printf("%-36s  %-12s  %-8s  %s\n", "id", "source", "attempts", "topic: reason");
    for (const auto& letter : document.at("items")) {
      std::printf("%-36s  %-12s  %-8d  %s: %s\n", letter.at("id").get<std::string>().c_str(),
                  letter.at("source").get<std::string>().c_str(), letter.at("attempts").get<int>(),
                  letter.at("topic").get<std::string>().c_str(),
                  letter.at("reason").get<std::string>().c_str());
    }
    if (!document.at("next_page_token").is_null()) {
      std::printf("there are more; see them with --limit or narrow with --source and --topic\n");
    }
    return 0;
  }

  int show() {
    int code = 0;
    for (const auto& id : arguments_.ids()) {
      const auto letter = dead_letter_json(pool_, id);
      if (letter) {
        std::printf("%s\n", json::parse(*letter).dump(2).c_str());
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
    const json document = page(kPageLimitMax);
    for (const auto& letter : document.at("items")) {
      ids.push_back(core::Uuid::parse(letter.at("id").get<std::string>()).value_or(core::Uuid{}));
    }
    if (!document.at("next_page_token").is_null()) {
      std::printf("only the newest %zu this time; run it again for the others\n", ids.size());
    }
    return ids;
  }

  int end_letters(const std::string& what) {
    const bool group = arguments_.words().size() == 1;
    const bool dry_run = arguments_.has("dry-run");
    if (arguments_.option("reason").empty() && !dry_run && (group || what == "discarded")) {
      arguments_.refuse_usage("this needs --reason");
    }
    int code = 0;
    const Operator who = arguments_.who();
    for (const auto& id : wanted()) {
      if (dry_run) {
        std::printf("%s  would be %s\n", id.to_string().c_str(), what.c_str());
        continue;
      }
      const Resolution resolution{id, what, arguments_.option("reason"), std::nullopt};
      const auto answer = resolve(pool_, replayer_, resolution, who);
      if (!answer) code = 1;
      std::printf("%s  %s\n", id.to_string().c_str(),
                  answer ? what.c_str() : ("refused: " + answer.error().detail).c_str());
    }
    return code;
  }

  const ToolArguments& arguments_;
  core::Logger logger_;
  core::DatabasePool pool_;
  LetterReplayer replayer_;
};

}  // namespace

int run_dead_letters(const core::Config& config, std::span<const std::string> arguments) {
  const ToolArguments parsed(config, arguments, {"source", "topic", "limit", "reason", "actor"},
                             {"all", "json", "dry-run"}, kDeadLettersUsage);
  return DeadLettersTool(parsed).run();
}

}  // namespace orderflow::http_api
