#include "tools/audit.hpp"

#include <cstdio>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "core/pg/settings.hpp"
#include "core/pg/transaction.hpp"
#include "core/settings/command_line.hpp"
#include "tools/audit_checks.hpp"

namespace orderflow::tools {
namespace {

constexpr std::size_t kFirstFindings = 20;
constexpr core::Uuid kLowest{};
constexpr core::Uuid kHighest = [] {
  core::Uuid highest;
  highest.bytes.fill(0xff);
  return highest;
}();
// Effects are committed before the saga that waits for them comes to rest, so this is generous.
constexpr const char* kRestBefore = "2 seconds";
constexpr auto kStatementTimeout = std::chrono::seconds{60};
constexpr AuditScope kScopes[] = {AuditScope::kOrders, AuditScope::kAccounts, AuditScope::kPayments,
                                  AuditScope::kDeliveries};
constexpr const char* kZeroSum = "all accounts sum to zero";

constexpr core::PgStatement kAuditSnapshot{
    "audit_snapshot", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"};
constexpr core::PgStatement kSumsOfAccounts{
    "audit_sums",
    "SELECT count(*), coalesce(sum(a.balance - a.opening - coalesce((SELECT sum(amount) "
    "FROM payments.ledger WHERE account_id = a.id), 0)), 0)::int8 "
    "FROM payments.accounts a WHERE a.id > $1 AND a.id <= $2"};

class Auditor {
 public:
  Auditor(core::PgSession& session, const AuditOptions& options)
      : session_(session), options_(options) {
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
    core::Uuid low = kLowest;
    while (low != kHighest) {
      core::PgTransaction database(session_);
      low = look_at_chunk(scope, low, database);
      database.commit();
    }
  }

  // Returns the chunk's highest id; the last chunk ends at the highest there can be, so that chunks
  // cover every id, also of rows whose owner is missing.
  core::Uuid look_at_chunk(AuditScope scope, const core::Uuid& low, core::PgTransaction& database) {
    (void)database.execute(kAuditSnapshot);
    const std::string chunk =
        "SELECT id FROM " + std::string(table_of(scope)) + " WHERE id > $1 ORDER BY id LIMIT $2";
    const auto ids =
        database.execute({nullptr, chunk.c_str()}, core::PgParams().uuid(low).int4(options_.chunk));
    const bool last = ids.rows() < options_.chunk;
    const core::Uuid high = last ? kHighest : ids.uuid(ids.rows() - 1, 0);
    std::int64_t rows = ids.rows();
    if (scope == AuditScope::kOrders) rows = count_at_rest(low, high, database);
    if (scope == AuditScope::kAccounts) add_to_sum(low, high, database);
    for (const auto& check : audit_checks()) {
      const auto index = index_.find(check.name);
      if (check.scope != scope || index == index_.end()) continue;
      auto& result = results_[index->second];
      result.rows += check.strict_only ? ids.rows() : rows;
      note(ask(check, low, high, database), result);
    }
    return high;
  }

  [[nodiscard]] core::PgResult ask(const AuditCheck& check, const core::Uuid& low,
                                   const core::Uuid& high, core::PgTransaction& database) const {
    const bool of_orders = check.scope == AuditScope::kOrders;
    const std::string sql = std::string(of_orders ? rest_expression() : "") +
                            "SELECT f.id::text, f.why FROM (" + std::string(check.sql) +
                            ") f(id, why)";
    core::PgParams params = core::PgParams().uuid(low).uuid(high);
    if (of_orders) params.text(rest_before());
    return database.execute({nullptr, sql.c_str()}, params);
  }

  static void note(const core::PgResult& found, AuditResult& result) {
    result.findings += found.rows();
    for (int i = 0; i < found.rows() && result.first.size() < kFirstFindings; ++i) {
      result.first.push_back({std::string(found.text(i, 0)), std::string(found.text(i, 1))});
    }
  }

  std::int64_t count_at_rest(const core::Uuid& low, const core::Uuid& high,
                             core::PgTransaction& database) const {
    const std::string sql = std::string(rest_expression()) + "SELECT count(*) FROM rest";
    return database
        .execute({nullptr, sql.c_str()}, core::PgParams().uuid(low).uuid(high).text(rest_before()))
        .int8(0, 0);
  }

  void add_to_sum(const core::Uuid& low, const core::Uuid& high, core::PgTransaction& database) {
    const auto rows = database.execute(kSumsOfAccounts, core::PgParams().uuid(low).uuid(high));
    accounts_ += rows.int8(0, 0);
    off_ += rows.int8(0, 1);
  }

  [[nodiscard]] const char* rest_before() const { return options_.strict ? "0" : kRestBefore; }

  core::PgSession& session_;
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

std::vector<AuditResult> audit(core::PgSession& session, const AuditOptions& options) {
  return Auditor(session, options).run();
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
  core::PgSession session(settings->get(core::kDatabaseUrl), {.application_name = "orderflow/audit",
                                                              .answer_timeout = kStatementTimeout,
                                                              .plans_by_value = true});
  const auto results = audit(session, options);
  json ? print_json(results) : print_table(results);
  return is_clean(results) ? 0 : 1;
}

}  // namespace orderflow::tools
