#include "core/settings/config_file.hpp"

#include <fstream>

#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

constexpr std::size_t kBytesMax = 1'048'576;
constexpr std::string_view kBlanks = " \t\r";
// Some editors write it first. Left in, it would make the first name another one.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_comment(std::string_view text) {
  const auto rest = trimmed(text);
  return rest.empty() || (rest.front() == '#' && rest.data() != text.data());
}

// Reads what stands between quotes; the problem, if there is one, in `problem`.
std::string unquoted(std::string_view text, const char*& problem) {
  const char quote = text.front();
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      if (!is_comment(text.substr(i + 1))) problem = "has text behind the closing quote";
      return value;
    }
    const bool escape = quote == '"' && text[i] == '\\' && i + 1 < text.size() &&
                        (text[i + 1] == '"' || text[i + 1] == '\\');
    if (escape) ++i;
    value += text[i];
  }
  problem = "has no closing quote";
  return value;
}

// The rest of the line up to a comment.
std::string_view unquoted_value(std::string_view text) {
  for (auto at = text.find('#', 1); at != std::string_view::npos; at = text.find('#', at + 1)) {
    if (kBlanks.find(text[at - 1]) == std::string_view::npos) continue;
    text = text.substr(0, at);
    break;
  }
  return trimmed(text);
}

std::string_view without_export(std::string_view name) {
  constexpr std::string_view word = "export";
  if (!name.starts_with(word) || name.size() == word.size()) return name;
  const auto rest = name.substr(word.size());
  return kBlanks.find(rest.front()) == std::string_view::npos ? name : trimmed(rest);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> parse_config_file(std::string_view text,
                                                                   const std::string& path) {
  std::vector<std::pair<std::string, std::string>> values;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    const auto equals = line.find('=');
    const auto name = without_export(trimmed(line.substr(0, equals)));
    const char* problem = nullptr;
    if (equals == std::string_view::npos || name.empty()) problem = "is not NAME=value";
    const auto rest = equals == std::string_view::npos ? "" : line.substr(equals + 1);
    const auto written = trimmed(rest);
    const bool quoted = !written.empty() && (written.front() == '\'' || written.front() == '"');
    std::string value = quoted ? unquoted(written, problem) : std::string(unquoted_value(rest));
    if (problem != nullptr) {
      throw BadConfiguration(path + " line " + std::to_string(number) + " " + problem +
                             "; write NAME=value, NAME='value' or NAME=\"value\"");
    }
    values.emplace_back(name, std::move(value));
  }
  return values;
}

std::vector<std::pair<std::string, std::string>> read_config_file(const std::string& variable,
                                                                  const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || (text.empty() && !file.eof())) {
    throw BadConfiguration(variable + " names '" + path +
                           "', which cannot be read; create it or unset the variable");
  }
  if (text.size() > kBytesMax) {
    throw BadConfiguration(variable + " names '" + path +
                           "', which is longer than a mebibyte; that is no configuration file");
  }
  return parse_config_file(text, path);
}

}  // namespace orderflow::core
