// Configuration. An input has three parts with a line "--" between them: flags one a line,
// environment as NAME=value, and the file ORDERFLOW_CONFIG names. Whatever they hold, the program
// either says what is wrong, or has settings within their bounds and shows no password.
#include <libpq-fe.h>
#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <vector>

#include "core/pg/settings.hpp"
#include "core/settings/command_line.hpp"
#include "core/values/failure.hpp"
#include "domain/settings.hpp"
#include "events/settings.hpp"
#include "http-api/settings.hpp"
#include "saga/settings.hpp"
#include "schemas/settings.hpp"
#include "tests/fuzz/check.hpp"
#include "tools/all_settings.hpp"

namespace orderflow::fuzz {
namespace {

using core::Settings;

constexpr std::string_view kSeparator = "--";
constexpr const char* kFileVariable = "ORDERFLOW_CONFIG";

std::vector<std::string> take_part(std::string_view& text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line == kSeparator) break;
    lines.emplace_back(line);
  }
  return lines;
}

// A file without a name, so that runs beside each other share nothing.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : descriptor_(memfd_create("configuration", 0)) {
    const auto size = static_cast<ssize_t>(text.size());
    if (descriptor_ < 0 || write(descriptor_, text.data(), text.size()) != size) std::abort();
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

std::map<std::string, std::string> environment_of(const std::vector<std::string>& lines) {
  std::map<std::string, std::string> environment;
  for (const std::string& line : lines) {
    const auto equals = line.find('=');
    const std::string name = line.substr(0, equals);
    // Names a file of the machine.
    if (equals != std::string::npos && name != kFileVariable) {
      environment[name] = line.substr(equals + 1);
    }
  }
  return environment;
}

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// The passwords libpq would take from a connection string; it reads up to the first zero byte.
std::vector<std::string> passwords_in(const std::string& text) {
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(text.c_str(), nullptr));
  std::vector<std::string> found;
  for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr;
       ++option) {
    const std::string_view keyword = option->keyword;
    if (option->val != nullptr && keyword.ends_with("password")) found.emplace_back(option->val);
  }
  return found;
}

void check_masking(const core::DatabaseUrl& url) {
  for (const std::string& shown : passwords_in(url.shown())) {
    require(shown.empty() || shown == "***", "a password never shows", url.conninfo());
  }
}

// What the program reads of it must be what a shell would.
void check_shell_quoting(const Settings& settings) {
  const std::vector<std::string> names{"ORDERFLOW_TOPIC_PREFIX"};
  const std::string text = settings.for_shell(names);
  const std::string begin = "setting_ORDERFLOW_TOPIC_PREFIX=";
  std::string unquoted;
  bool inside = false;
  std::size_t at = begin.size();
  for (; inside || text[at] != '\n'; ++at) {
    if (text[at] == '\'') {
      inside = !inside;
    } else if (!inside && text[at] == '\\') {
      unquoted += text[++at];
    } else {
      require(inside, "a shell sees nothing outside of quotes", text);
      unquoted += text[at];
    }
  }
  require(unquoted == settings.get(events::kTopicPrefix), "a shell reads the value", text);
}

template <typename T>
void check_range(const Settings& settings, const core::Setting<T>& setting) {
  const T& value = settings.get(setting);
  require(value >= setting.limits.minimum && value <= setting.limits.maximum,
          "a value is within its bounds", setting.name);
}

void check_values(const Settings& settings) {
  check_range(settings, http_api::kHttpPort);
  check_range(settings, core::kBatchLimit);
  check_range(settings, schemas::kPartitions);
  check_range(settings, saga::kRetryAttempts);
  check_range(settings, saga::kPaymentTimeout);
  check_range(settings, saga::kRetryBackoffMultiplier);
  check_range(settings, domain::kPaymentSuccessRate);
  const auto partitions = settings.get(schemas::kPartitions);
  require((partitions & (partitions - 1)) == 0, "partitions are a power of two");
  require(!settings.describe().empty(), "settings can be listed");
  check_masking(settings.get(core::kDatabaseUrl));
  check_shell_quoting(settings);
}

}  // namespace
}  // namespace orderflow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orderflow::fuzz;
  std::string_view rest = text_of(data, size);
  const auto flags = take_part(rest);
  auto environment = environment_of(take_part(rest));
  const MemoryFile file(rest);
  if (!rest.empty()) environment[kFileVariable] = file.path();
  try {
    const orderflow::core::SettingsSources sources{orderflow::tools::all_settings(), environment};
    orderflow::core::CommandLine line("orderflow fuzz", "", sources);
    if (const auto settings = line.parse(flags)) check_values(*settings);
  } catch (const orderflow::core::BadConfiguration& error) {
    require(error.what()[0] != '\0', "a refusal says why");
  }
  return 0;
}
