#include "tools/arguments.hpp"

#include <simdjson.h>

#include <cstdlib>

#include "core/values/failure.hpp"
#include "events/ids.hpp"
#include "http-api/server/body_reader.hpp"
#include "http-api/server/page.hpp"

namespace orderflow::tools {
namespace {

constexpr http_api::TextRule kOperatorName{.characters_max = 100};

bool is_operator_name(const std::string& name) {
  return simdjson::validate_utf8(name) && http_api::check_text(name, kOperatorName).empty();
}

}  // namespace

CLI::Option* add_ids(CLI::App& command, std::vector<std::string>& ids) {
  return command.add_option("ID", ids, "UUIDs, as list shows them")
      ->check([](const std::string& text) {
        return core::Uuid::parse(text) ? std::string() : "'" + text + "' is no id";
      })
      ->type_name("");
}

std::vector<core::Uuid> ids_of(const std::vector<std::string>& ids) {
  std::vector<core::Uuid> found;
  for (const auto& id : ids) {
    if (const auto uuid = core::Uuid::parse(id)) found.push_back(*uuid);
  }
  return found;
}

void add_limit(CLI::App& command, int& limit) {
  limit = http_api::kPageLimitDefault;
  command.add_option("--limit", limit, "lines at most")
      ->capture_default_str()
      ->check(CLI::Range(1, http_api::kPageLimitMax));
}

void add_reason(CLI::App& command, Reasoned& reasoned) {
  command.add_option("--reason", reasoned.reason, "why, for the trail")->type_name("TEXT");
  command.add_option("--actor", reasoned.actor, "who, for the trail; the user of this shell")
      ->check([](const std::string& name) {
        return is_operator_name(name) ? std::string() : "it must be a name of 1 to 100 characters";
      })
      ->type_name("NAME");
}

domain::Operator operator_of(const Reasoned& reasoned) {
  std::string name = reasoned.actor;
  if (name.empty()) {
    const char* user = std::getenv("USER");
    name = user == nullptr || !is_operator_name(user) ? "operator" : user;
  }
  return {name, {"cli-" + events::new_correlation_id(), core::new_traceparent()}};
}

}  // namespace orderflow::tools
