#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/pg/session.hpp"
#include "core/values/uuid.hpp"
#include "domain/trail/rows.hpp"

namespace orderflow::tools {

// Pieces that the operators' commands share. What is bound must live until the line is parsed.

// ID...: each must be one.
CLI::Option* add_ids(CLI::App& command, std::vector<std::string>& ids);
[[nodiscard]] std::vector<core::Uuid> ids_of(const std::vector<std::string>& ids);

// --limit, 50 unless given.
void add_limit(CLI::App& command, int& limit);

// --reason and --actor, for the trail of what operators do.
struct Reasoned {
  std::string reason;
  std::string actor;
};
void add_reason(CLI::App& command, Reasoned& reasoned);

// Who --actor names, else the user of this shell.
[[nodiscard]] domain::Operator operator_of(const Reasoned& reasoned);

// Of a tool that works as this context.
[[nodiscard]] inline core::PgSessionOptions tool_session(std::string_view database_role) {
  return {.application_name = "orderflow-tool", .role = std::string(database_role)};
}

}  // namespace orderflow::tools
