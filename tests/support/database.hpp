#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace orderflow::testing {

// One PostgreSQL row as text; a null is empty.
using Row = std::vector<std::optional<std::string>>;

// A plain look into a database, for what no API shows. One connection a query, so that a restarted
// server does not matter. Throws std::exception while the server is down.
class Database {
 public:
  explicit Database(std::string url) : url_(std::move(url)) {}

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::vector<Row> rows(const std::string& sql) const;
  [[nodiscard]] std::string text(const std::string& sql) const;
  [[nodiscard]] std::int64_t number(const std::string& sql) const;
  void execute(const std::string& sql) const;
  [[nodiscard]] bool answers() const;

 private:
  std::string url_;
};

// More partitions, as `orderflow repartition` writes it last: the topics know nothing of it yet.
void store_partition_count(const Database& database, int before, int now);

// The same server, another database: as key=value pairs, which Orderflow and libpq both read.
[[nodiscard]] std::string with_database(const std::string& url, const std::string& name);

// A database of its own on the cluster the tests were given, dropped with the object.
class TestDatabase {
 public:
  explicit TestDatabase(const std::string& server_url);
  // A copy of another one, which nobody may be connected to meanwhile.
  TestDatabase(const std::string& server_url, const TestDatabase& original);
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  std::string server_;
  std::string name_;
  std::string url_;
};

}  // namespace orderflow::testing
