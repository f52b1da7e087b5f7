#include "tools/audit.hpp"

#include <cstdio>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>

#include "core/pg/settings.hpp"
#include "core/settings/command_line.hpp"
#include "tools/audit_checks.hpp"

namespace orderflow::tools {
namespace {

constexpr std::size_t kFirstFindings = 20;
constexpr const char* kLowest = "00000000-0000-0000-0000-000000000000";
constexpr const char* kHighest = "ffffffff-ffff-ffff-ffff-ffffffffffff";
// Effects are committed before the saga that waits for them comes to rest, so this is generous.
constexpr const char* kRestBefore = "2 seconds";
constexpr auto kStatementTimeout = std::chrono::seconds{60};
constexpr AuditScope kScopes[] = {AuditScope::kOrders, AuditScope::kAccounts, AuditScope::kPayments,
                                  AuditScope::kDeliveries};
constexpr const char* kZeroSum = "all accounts sum to zero";

class Auditor {
 public:
  Auditor(core::DatabasePool& pool, const AuditOptions& options) : pool_(pool), options_(options) {
    for (const auto& check : audit_checks()) {
      if (check.strict_only && !options.strict) continue;
      index_[check.name] = results_.size();
      results_.push_back({std::string(check.name), 0, 0, {}});
    }
  }

  std::vector<AuditResult> run() {
    for (const auto scope : kScopes) walk(scope);
    // The house holds what left the accounts, so the whole sums to zero exactly when this does.
    AuditResult zero{kZeroSum, accounts_, 0, {}};
    if (off_ != 0) {
      zero.findings = 1;
      zero.first.push_back(
          {"all", "balances differ from openings plus ledger by " + std::to_string(off_)});
    }
    results_.push_back(std::move(zero));
    return std::move(results_);
  }

 private:
  void walk(AuditScope scope) {
    std::string low = kLowest;
    while (low != kHighest) {
      low = pool_.write([&](pqxx::work& database) { return look_at_chunk(scope, low, database); });
    }
  }

  // Returns the chunk's highest id; the last chunk ends at the highest there can be, so that chunks
  // cover every id, also of rows whose owner is missing.
  std::string look_at_chunk(AuditScope scope, const std::string& low, pqxx::work& database) {
    database.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const auto ids = database.exec_params("SELECT id FROM " + std::string(table_of(scope)) +
                                              " WHERE id > $1::uuid ORDER BY id LIMIT $2",
                                          low, options_.chunk);
    const bool last = std::ssize(ids) < options_.chunk;
    const std::string high = last ? kHighest : ids.back()[0].as<std::string>();
    std::int64_t rows = std::ssize(ids);
    if (scope == AuditScope::kOrders) rows = count_at_rest(low, high, database);
    if (scope == AuditScope::kAccounts) add_to_sum(low, high, database);
    for (const auto& check : audit_checks()) {
      const auto index = index_.find(check.name);
      if (check.scope != scope || index == index_.end()) continue;
      auto& result = results_[index->second];
      result.rows += check.strict_only ? std::ssize(ids) : rows;
      note(ask(check, low, high, database), result);
    }
    return high;
  }

  pqxx::result ask(const AuditCheck& check, const std::string& low, const std::string& high,
                   pqxx::work& database) const {
    if (check.scope != AuditScope::kOrders) {
      return database.exec_params(std::string(check.sql), low, high);
    }
    return database.exec_params(std::string(rest_expression()) + std::string(check.sql), low, high,
                                rest_before());
  }

  static void note(const pqxx::result& found, AuditResult& result) {
    result.findings += std::ssize(found);
    for (const auto& row : found) {
      if (result.first.size() >= kFirstFindings) break;
      result.first.push_back({row[0].as<std::string>(), row[1].as<std::string>()});
    }
  }

  std::int64_t count_at_rest(const std::string& low, const std::string& high,
                             pqxx::work& database) const {
    const auto rows = database.exec_params(
        std::string(rest_expression()) + "SELECT count(*) FROM rest", low, high, rest_before());
    return rows[0][0].as<std::int64_t>();
  }

  void add_to_sum(const std::string& low, const std::string& high, pqxx::work& database) {
    const auto rows = database.exec_params(
        "SELECT count(*), coalesce(sum(a.balance - a.opening - coalesce((SELECT sum(amount) "
        "FROM payments.ledger WHERE account_id = a.id), 0)), 0)::int8 "
        "FROM payments.accounts a WHERE a.id > $1::uuid AND a.id <= $2::uuid",
        low, high);
    accounts_ += rows[0][0].as<std::int64_t>();
    off_ += rows[0][1].as<std::int64_t>();
  }

  [[nodiscard]] const char* rest_before() const { return options_.strict ? "0" : kRestBefore; }

  core::DatabasePool& pool_;
  AuditOptions options_;
  std::vector<AuditResult> results_;
  std::map<std::string_view, std::size_t> index_;
  std::int64_t accounts_ = 0;
  std::int64_t off_ = 0;
};

bool is_clean(const std::vector<AuditResult>& results) {
  for (const auto& result : results) {
    if (result.findings > 0) return false;
  }
  return true;
}

void print_json(const std::vector<AuditResult>& results) {
  nlohmann::ordered_json report;
  report["clean"] = is_clean(results);
  report["checks"] = nlohmann::ordered_json::array();
  for (const auto& result : results) {
    nlohmann::ordered_json check{{"check", result.check},
                                 {"rows", result.rows},
                                 {"findings", result.findings},
                                 {"first", nlohmann::ordered_json::array()}};
    for (const auto& finding : result.first) {
      check["first"].push_back({{"id", finding.id}, {"why", finding.why}});
    }
    report["checks"].push_back(std::move(check));
  }
  std::printf("%s\n", report.dump(2).c_str());
}

void print_table(const std::vector<AuditResult>& results) {
  std::printf("%-46s %12s %10s\n", "check", "rows", "findings");
  for (const auto& result : results) {
    std::printf("%-46s %12lld %10lld\n", result.check.c_str(), static_cast<long long>(result.rows),
                static_cast<long long>(result.findings));
    for (const auto& finding : result.first) {
      std::printf("    %s  %s\n", finding.id.c_str(), finding.why.c_str());
    }
  }
  std::printf(is_clean(results) ? "every promise holds\n" : "PROMISES ARE BROKEN\n");
}

}  // namespace

std::vector<AuditResult> audit(core::DatabasePool& pool, const AuditOptions& options) {
  return Auditor(pool, options).run();
}

int run_audit(const core::SettingsSources& sources, std::span<const std::string> arguments) {
  AuditOptions options;
  bool json = false;
  core::CommandLine line("orderflow audit", "Checks the promises over the whole database.",
                         sources);
  line.app().add_flag("--strict", options.strict, "an order that is not at rest is a finding, too");
  line.app().add_flag("--json", json, "as JSON");
  const auto settings = line.parse(arguments);
  if (!settings) return 0;
  core::DatabasePool pool(settings->get(core::kDatabaseUrl), "", 1, kStatementTimeout);
  const auto results = audit(pool, options);
  json ? print_json(results) : print_table(results);
  return is_clean(results) ? 0 : 1;
}

}  // namespace orderflow::tools
