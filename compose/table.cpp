#include "compose/table.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>
#include <utility>

#include "core/values/ip_address.hpp"
#include "core/values/number.hpp"

namespace orderflow::compose {
namespace {

constexpr std::size_t kEntriesMax = 256;
constexpr std::size_t kNameLengthMax = 40;
constexpr std::size_t kFieldsBeforeCommand = 5;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= kNameLengthMax && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), allowed);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto port = core::parse_number<std::uint16_t>(text);
  return port == 0 ? std::nullopt : port;
}

std::string_view without_brackets(std::string_view host) {
  if (!host.starts_with('[') || !host.ends_with(']')) return host;
  return host.substr(1, host.size() - 2);
}

std::optional<ReadyCheck> parse_ready(std::string_view text) {
  if (text == "-") return ReadyCheck{};
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view kind = text.substr(0, colon);
  std::string_view address = text.substr(colon + 1);

  ReadyCheck check;
  if (kind == "http") {
    const auto slash = address.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    check.kind = ReadyCheck::Kind::kHttp;
    check.path = address.substr(slash);
    address = address.substr(0, slash);
  } else if (kind == "tcp") {
    check.kind = ReadyCheck::Kind::kTcp;
  } else if (kind == "postgres") {
    check.kind = ReadyCheck::Kind::kPostgres;
  } else {
    return std::nullopt;
  }
  if (const auto host_end = address.rfind(':'); host_end != std::string_view::npos) {
    const auto host = without_brackets(address.substr(0, host_end));
    if (!core::is_ip_address(host)) return std::nullopt;
    check.host = host;
    address.remove_prefix(host_end + 1);
  }
  const auto port = parse_port(address);
  if (!port) return std::nullopt;
  check.port = *port;
  return check;
}

constexpr std::array<std::pair<std::string_view, int>, 5> kSignals{
    {{"TERM", SIGTERM}, {"INT", SIGINT}, {"QUIT", SIGQUIT}, {"HUP", SIGHUP}, {"KILL", SIGKILL}}};

std::optional<int> parse_signal(std::string_view name) {
  for (const auto& [known, number] : kSignals) {
    if (name == known) return number;
  }
  return std::nullopt;
}

std::string name_of_signal(int signal) {
  for (const auto& [name, number] : kSignals) {
    if (signal == number) return std::string(name);
  }
  return std::to_string(signal);
}

std::string ready_text(const ReadyCheck& check) {
  const bool loopback = check.host == ReadyCheck{}.host;
  const std::string address = (loopback ? "" : ":" + core::url_host(check.host)) + ":" +
                              std::to_string(check.port) + check.path;
  switch (check.kind) {
    case ReadyCheck::Kind::kNone: break;
    case ReadyCheck::Kind::kTcp: return "tcp" + address;
    case ReadyCheck::Kind::kHttp: return "http" + address;
    case ReadyCheck::Kind::kPostgres: return "postgres" + address;
  }
  return "-";
}

std::optional<std::pair<int, int>> parse_stop(std::string_view text) {
  if (text == "-") return std::pair{SIGTERM, SIGKILL};
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto stop = parse_signal(text.substr(0, slash));
  const auto death = parse_signal(text.substr(slash + 1));
  if (!stop || !death) return std::nullopt;
  return std::pair{*stop, *death};
}

tl::expected<Entry, std::string> parse_entry(std::string_view line) {
  const auto fields = split(line, '\t');
  if (fields.size() <= kFieldsBeforeCommand) {
    return tl::unexpected(
        std::string("needs name, kind, ready, user, stop and a command, separated by tabs"));
  }
  const auto wrong = [](std::string_view field, std::string_view value, std::string_view allowed) {
    return tl::unexpected(std::string(field) + " '" + std::string(value) + "' is not " +
                          std::string(allowed));
  };

  Entry entry;
  if (!is_name(fields[0])) return wrong("name", fields[0], "made of letters, digits, '_' and '-'");
  entry.name = fields[0];

  if (fields[1] == "oneshot") {
    entry.kind = EntryKind::kOneshot;
  } else if (fields[1] != "daemon") {
    return wrong("kind", fields[1], "daemon or oneshot");
  }

  const auto ready = parse_ready(fields[2]);
  if (!ready) {
    return wrong("ready check", fields[2], "tcp:PORT, http:PORT/path, postgres:PORT or -");
  }
  entry.ready = *ready;

  if (fields[3].empty()) return wrong("user", fields[3], "an account or -");
  if (fields[3] != "-") entry.user = fields[3];

  const auto stop = parse_stop(fields[4]);
  if (!stop) return wrong("stop", fields[4], "STOP/DEATH of TERM, INT, QUIT, HUP, KILL, or -");
  entry.stop_signal = stop->first;
  entry.death_signal = stop->second;

  if (fields[kFieldsBeforeCommand].empty()) return wrong("command", "", "a program");
  entry.command.assign(fields.begin() + kFieldsBeforeCommand, fields.end());
  return entry;
}

}  // namespace

tl::expected<std::vector<Entry>, std::string> parse_table(std::string_view text) {
  std::vector<Entry> entries;
  std::size_t line_number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++line_number;
    if (line.empty() || line.front() == '#') continue;
    const auto fail = [line_number](const std::string& why) {
      return tl::unexpected("line " + std::to_string(line_number) + ": " + why);
    };
    auto entry = parse_entry(line);
    if (!entry) return fail(entry.error());
    const auto same_name = [&entry](const Entry& other) { return other.name == entry->name; };
    if (std::any_of(entries.begin(), entries.end(), same_name)) {
      return fail("the name '" + entry->name + "' is used twice");
    }
    if (entries.size() == kEntriesMax) {
      return fail("more than " + std::to_string(kEntriesMax) + " entries");
    }
    entries.push_back(*std::move(entry));
  }
  if (entries.empty()) return tl::unexpected(std::string("no entries"));
  return entries;
}

std::string to_line(const Entry& entry) {
  std::string line = entry.name;
  line += entry.kind == EntryKind::kDaemon ? "\tdaemon\t" : "\toneshot\t";
  line += ready_text(entry.ready) + "\t" + (entry.user.empty() ? "-" : entry.user) + "\t" +
          name_of_signal(entry.stop_signal) + "/" + name_of_signal(entry.death_signal);
  for (const std::string& word : entry.command) line += "\t" + word;
  return line + "\n";
}

}  // namespace orderflow::compose
