#include "tools/psql.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "core/pg/settings.hpp"
#include "core/values/failure.hpp"

namespace orderflow::tools {
namespace {

constexpr std::pair<const char*, const char*> kSessionSettings[] = {
    {"PGCONNECT_TIMEOUT", "5"},
    {"PGCLIENTENCODING", "UTF8"},
    {"PGTZ", "UTC"},
    {"PGDATESTYLE", "ISO,YMD"},
};

}  // namespace

int run_psql(const core::SettingsSources& sources, std::span<const std::string> arguments) {
  const auto settings = core::Settings::load(sources);
  const auto& url = settings.get(core::kDatabaseUrl);
  constexpr const char* kPasswordKeyword = "password";
  if (const auto secret = url.parameter(kPasswordKeyword))
    ::setenv("PGPASSWORD", secret->c_str(), 1);
  // As the program's own sessions are, whatever the database says.
  for (const auto& [name, value] : kSessionSettings) ::setenv(name, value, 1);
  std::vector<std::string> words{"psql", url.without(kPasswordKeyword).conninfo()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execvp(pointers.front(), pointers.data());
  throw core::BadConfiguration(std::string("psql cannot be started: ") + std::strerror(errno) +
                               "; as root run: apt-get install postgresql-client");
}

}  // namespace orderflow::tools
