// The naive way to run an order's three steps: a transaction each, one after the other, on nothing
// but PostgreSQL. No message, no retry, no compensation, and nobody who would finish what a crash
// interrupted.
//
// It gets every help that costs no promise: each step is one prepared statement, so a transaction
// is one round trip; keys are numbers in order; each client has a connection of its own.

#include <cstdlib>
#include <memory>
#include <pqxx/pqxx>
#include <random>
#include <stdexcept>

#include "bench/peers/closed_loop.hpp"

namespace {

using orderflow::peers::Client;
using orderflow::peers::MakeClient;

// As many as `orderflow bench` has by default, so that no account is the bottleneck.
constexpr int kAccounts = 256;
constexpr int kAmountMaxCents = 10'000;

constexpr const char* kSchema = R"(
  CREATE TABLE accounts (
    id integer PRIMARY KEY,
    balance_cents bigint NOT NULL CHECK (balance_cents >= 0)
  );
  CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL,
    amount_cents bigint NOT NULL,
    address text NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE payments (
    order_id bigint PRIMARY KEY,
    account_id integer NOT NULL,
    amount_cents bigint NOT NULL,
    captured_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE deliveries (
    order_id bigint PRIMARY KEY,
    address text NOT NULL,
    scheduled_at timestamptz NOT NULL DEFAULT now()
  );
)";

constexpr const char* kCreateOrder = R"(
  INSERT INTO orders (account_id, amount_cents, address, status)
  VALUES ($1, $2, $3, 'CREATED') RETURNING id)";

constexpr const char* kCapturePayment = R"(
  WITH debited AS (
    UPDATE accounts SET balance_cents = balance_cents - $3
    WHERE id = $2 AND balance_cents >= $3 RETURNING id)
  INSERT INTO payments (order_id, account_id, amount_cents) SELECT $1, id, $3 FROM debited)";

constexpr const char* kScheduleDelivery = R"(
  WITH scheduled AS (INSERT INTO deliveries (order_id, address) VALUES ($1, $2))
  UPDATE orders SET status = 'DELIVERY_SCHEDULED' WHERE id = $1)";

// A person's database, made anew for each run; credentials come by the environment, where no
// process list shows them.
std::string database_url() {
  const char* url = std::getenv("DATABASE_URL");
  if (url == nullptr) throw std::runtime_error("set DATABASE_URL to an empty database");
  return url;
}

void make_tables(const std::string& url) {
  pqxx::connection database(url);
  pqxx::work work(database);
  work.exec(kSchema);
  work.exec("INSERT INTO accounts SELECT n, 1000000000000 FROM generate_series(1, " +
            std::to_string(kAccounts) + ") AS n");
  work.commit();
}

class NaiveClient {
 public:
  explicit NaiveClient(const std::string& url) : database_(url), random_(std::random_device{}()) {
    // Statements are prepared while the tables are empty, when a sequential scan looks cheap.
    pqxx::nontransaction(database_).exec("SET enable_seqscan = off");
    database_.prepare("create_order", kCreateOrder);
    database_.prepare("capture_payment", kCapturePayment);
    database_.prepare("schedule_delivery", kScheduleDelivery);
  }

  void run_saga() {
    const auto account = account_(random_);
    const auto amount = amount_(random_);
    const std::string address = "Alice, 1 Main Street, 12345 Springfield, US";
    // Outside of a transaction block each statement is a transaction of its own.
    pqxx::nontransaction steps(database_);
    const auto created = steps.exec_prepared("create_order", account, amount, address);
    const auto order = created[0][0].as<long long>();
    expect_one(steps.exec_prepared("capture_payment", order, account, amount));
    expect_one(steps.exec_prepared("schedule_delivery", order, address));
  }

 private:
  static void expect_one(const pqxx::result& result) {
    if (result.affected_rows() != 1) throw std::runtime_error("a step changed nothing");
  }

  pqxx::connection database_;
  std::mt19937 random_;
  std::uniform_int_distribution<int> account_{1, kAccounts};
  std::uniform_int_distribution<int> amount_{1, kAmountMaxCents};
};

MakeClient prepare(const orderflow::peers::Options&) {
  const std::string url = database_url();
  make_tables(url);
  return [url]() -> Client {
    const auto client = std::make_shared<NaiveClient>(url);
    return [client] { client->run_saga(); };
  };
}

}  // namespace

int main(int argc, char** argv) {
  return orderflow::peers::measure_peer("naive", {argv, static_cast<std::size_t>(argc)}, prepare);
}
