#include "tests/chaos/options.hpp"

#include <limits>

#include "core/values/failure.hpp"
#include "core/values/number.hpp"

namespace orderflow::chaos {
namespace {

std::int64_t number(const std::string& name, const std::string& text, std::int64_t low,
                    std::int64_t high) {
  const auto value = core::parse_number<std::int64_t>(text);
  if (!value || *value < low || *value > high) {
    throw core::BadConfiguration(name + " is '" + text + "'; it must be a whole number from " +
                                 std::to_string(low) + " to " + std::to_string(high));
  }
  return *value;
}

}  // namespace

Options read_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i];
    if (name == "--plan" || name == "--help") {
      (name == "--plan" ? options.plan : options.help) = true;
      continue;
    }
    std::string value;
    if (const auto equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.erase(equals);
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    }
    if (name == "--minutes") {
      options.minutes = number(name, value, 1, 100'000);
    } else if (name == "--sagas") {
      options.sagas = number(name, value, 1, 100'000'000);
    } else if (name == "--seed") {
      const auto most = std::numeric_limits<std::int64_t>::max() / 2 - 1;
      options.seed = static_cast<std::uint64_t>(number(name, value, 0, most));
    } else if (name == "--clients") {
      options.clients = number(name, value, 1, 64);
    } else if (name == "--rate") {
      options.rate = number(name, value, 0, 100'000);
    } else if (name == "--calm") {
      options.calm = number(name, value, 1, 1'000);
    } else if (name == "--other-binary") {
      options.other_binary = value;
    } else {
      throw core::BadConfiguration("chaos does not know '" + name + "'; see --help");
    }
  }
  return options;
}

const char* usage() {
  return "usage: ./orderflow chaos [--minutes N | --sagas N] [--seed N] [--clients N] [--rate N]\n"
         "                         [--calm N] [--other-binary FILE] [--plan]\n"
         "\n"
         "Steady load on an installation of its own, on real Kafka and PostgreSQL, while a seed\n"
         "decides what dies, stops, forgets or is cut off. At the end everything is healed, and\n"
         "the clients' own books are compared with what the installation says.\n"
         "\n"
         "  --minutes N          how long (3)\n"
         "  --sagas N            instead: until so many orders are accepted\n"
         "  --seed N             the same seed, the same faults (1)\n"
         "  --clients N          client threads (4)\n"
         "  --rate N             operations a second of all clients (40); 0: no pause\n"
         "  --calm N             the same faults, the pauses between them N times as long (1)\n"
         "  --other-binary FILE  another build of orderflow that runs beside this one for a while\n"
         "  --plan               print the faults of that time and stop\n";
}

}  // namespace orderflow::chaos
