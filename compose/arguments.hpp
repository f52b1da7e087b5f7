// The words behind a command of orderflow-supervisor: options with a value, `--name value` or
// `--name=value`, and flags. One thread.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

namespace orderflow::compose {

// Each option is taken once; what nobody took is unknown. Throws core::BadConfiguration that says
// what is wrong.
class Arguments {
 public:
  explicit Arguments(std::span<const std::string> words);

  [[nodiscard]] bool take_flag(const std::string& name);
  [[nodiscard]] std::optional<std::string> take_text(const std::string& name);
  [[nodiscard]] std::string require_text(const std::string& name);
  // From 1 to `max`.
  [[nodiscard]] std::optional<int> take_number(const std::string& name, int max);
  [[nodiscard]] int require_number(const std::string& name, int max);

  // To be called last.
  void refuse_others() const;

 private:
  std::map<std::string, std::optional<std::string>> values_;  // nothing: a word without a value
};

}  // namespace orderflow::compose
