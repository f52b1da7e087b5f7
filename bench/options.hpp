#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

namespace orderflow::bench {

// What a person asked for on the command line.
struct Options {
  int clients = 64;
  std::chrono::seconds measured{20};
  std::chrono::seconds warm_up{5};
  // After the load has ended: time for the orders under way to reach their outcome.
  std::chrono::seconds deadline{60};
  int accounts = 256;
  std::string url;  // Empty: the HTTP port of the configuration.
  std::string json_file;
  bool audit = true;
  bool check_only = false;  // Only say whether the arguments are understood.
  std::string help;         // Set when only the help text was asked for.
};

// The arguments after `bench`. Throws core::BadConfiguration with one line that says what is wrong.
[[nodiscard]] Options parse_options(std::span<const std::string> args);

struct HttpAddress {
  std::string host;
  std::string port;
};

// "http://127.0.0.1:8080", with or without a trailing slash. Throws core::BadConfiguration.
[[nodiscard]] HttpAddress parse_url(const std::string& url);

}  // namespace orderflow::bench
