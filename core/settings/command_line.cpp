#include "core/settings/command_line.hpp"

#include "core/settings/arguments.hpp"

namespace orderflow::core {

CommandLine::CommandLine(const std::string& command, const std::string& summary,
                         const SettingsSources& sources, SettingFlags flags)
    : app_(summary, command), sources_(sources) {
  app_.fallthrough();
  for (const auto& setting : sources.table.settings) {
    const std::string name(setting.name());
    const auto take = [this, name](const std::string& value) { flags_[name] = value; };
    std::string help = std::string(setting.help()) + " (" + name;
    if (!setting.default_value().empty()) help += "; " + std::string(setting.default_value());
    app_.add_option_function<std::string>("--" + flag_of(name), take, help + ")")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
        ->type_name("VALUE")
        ->group(flags == SettingFlags::kListed ? "Settings" : "");
  }
  app_.footer(flags == SettingFlags::kListed
                  ? "A setting may be given by its flag, in the environment or in the file that "
                    "ORDERFLOW_CONFIG names."
                  : "Settings may be given as flags too, e.g. --database-url=...; `orderflow "
                    "check-config --help` lists them.");
}

std::optional<Settings> CommandLine::parse(std::span<const std::string> arguments) {
  if (!parse_arguments(app_, arguments)) return std::nullopt;
  return Settings::load({sources_.table, sources_.environment, flags_});
}

void CommandLine::refuse(const std::string& problem) const { refuse_arguments(app_, problem); }

}  // namespace orderflow::core
