// Configuration. An input has three parts with a line "--" between them: flags one a line,
// environment as NAME=value, and the file ORDERFLOW_CONFIG names. Whatever they hold, the program
// either says what is wrong, or has settings within their bounds and shows no password.
#include <libpq-fe.h>
#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <vector>

#include "core/settings/config.hpp"
#include "core/values/failure.hpp"
#include "tests/fuzz/check.hpp"

namespace orderflow::fuzz {
namespace {

using core::Config;

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

void check_masking(const std::string& url) {
  const std::string normal = core::normalize_database_url(url);
  for (const std::string& shown : passwords_in(core::mask_database_url(normal))) {
    require(shown.empty() || shown == "***", "a password never shows", normal);
  }
}

void check_values(const Config& config) {
  for (const auto& spec : core::all_settings()) {
    using enum core::SettingKind;
    if (spec.kind == kInteger) {
      const auto value = config.integer(spec.flag);
      require(value >= spec.minimum && value <= spec.maximum, "integers are bounded", spec.flag);
    } else if (spec.kind == kDuration) {
      const auto value = config.duration(spec.flag);
      require(value >= std::chrono::milliseconds{spec.minimum} &&
                  value <= std::chrono::milliseconds{spec.maximum},
              "durations are bounded", spec.flag);
    } else if (spec.kind == kRate) {
      const auto value = config.rate(spec.flag);
      require(
          value >= static_cast<double>(spec.minimum) && value <= static_cast<double>(spec.maximum),
          "rates are bounded", spec.flag);
    }
  }
  require(!config.describe().empty(), "settings can be listed");
  check_masking(config.text("database-url"));
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
    check_values(Config::load(flags, environment));
  } catch (const orderflow::core::BadConfiguration& error) {
    require(error.what()[0] != '\0', "a refusal says why");
  }
  return 0;
}
