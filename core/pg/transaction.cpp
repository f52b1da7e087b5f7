#include "core/pg/transaction.hpp"

namespace orderflow::core {
namespace {

constexpr PgStatement kBeginBlock{"block_begin", "BEGIN"};
constexpr PgStatement kCommitBlock{"block_commit", "COMMIT"};
constexpr PgStatement kRollbackBlock{"block_rollback", "ROLLBACK"};

}  // namespace

PgTransaction::PgTransaction(PgSession& session) : session_(session) {
  (void)session_.execute(kBeginBlock);
  session_.in_block_ = true;
}

PgTransaction::~PgTransaction() {
  if (!session_.in_block_) return;
  session_.in_block_ = false;
  try {
    (void)session_.execute(kRollbackBlock);
  } catch (const std::exception&) {
    session_.disconnect();  // The server rolls back what nobody is connected to.
  }
}

PgResult PgTransaction::execute(const PgStatement& statement, const PgParams& params) {
  if (!session_.in_block_) throw Unavailable("the transaction has ended with its connection");
  return session_.execute(statement, params);
}

void PgTransaction::commit(CrashPoint unanswered) {
  if (!session_.in_block_) throw Unavailable("the transaction has ended with its connection");
  if (PQtransactionStatus(session_.connection_.get()) != PQTRANS_INTRANS) {
    throw Unavailable("a failed transaction cannot be committed");
  }
  session_.transaction_open_ = true;
  (void)session_.execute(PgCall{&kCommitBlock, {}}, unanswered);
  session_.in_block_ = false;
}

}  // namespace orderflow::core
