#include "core/settings/value_file.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

constexpr std::size_t kValueBytesMax = 65'536;

}  // namespace

std::string read_value_file(const std::string& name, const std::string& path) {
  const auto refuse = [&](const std::string& problem) {
    throw BadConfiguration(name + " names '" + path + "', which " + problem);
  };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    refuse("is not there (" + error.message() + "); create it or unset the variable");
  }
  if (!std::filesystem::is_regular_file(status)) {
    refuse("is not a regular file; name one that holds the value");
  }
  std::ifstream file(path, std::ios::binary);
  std::string value(kValueBytesMax + 1, '\0');
  file.read(value.data(), static_cast<std::streamsize>(value.size()));
  if (!file.is_open() || file.bad()) refuse("cannot be read; let this process's user read it");
  value.resize(static_cast<std::size_t>(file.gcount()));
  if (value.size() > kValueBytesMax) refuse("is longer than 64 KiB; that is no setting's value");
  while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
  if (value.empty()) refuse("is empty; write the value into it or unset the variable");
  if (value.find('\0') != std::string::npos) refuse("holds a NUL byte; write plain text");
  return value;
}

}  // namespace orderflow::core
