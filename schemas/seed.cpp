#include "schemas/seed.hpp"

#include <string>

#include "core/pg/pool.hpp"
#include "core/pg/settings.hpp"
#include "schemas/migrate.hpp"

namespace orderflow::schemas {
namespace {

using namespace std::chrono_literals;

constexpr SeedUser kUsers[] = {
    {"018f0000-0000-7000-8000-00000000a11c", "alice", "Alice Adams", 50000},
    {"018f0000-0000-7000-8000-000000000b0b", "bob", "Bob Brown", 30000},
    {"018f0000-0000-7000-8000-0000000c4a12", "charlie", "Charlie Clark", 15000},
};

constexpr SeedProduct kProducts[] = {
    {"018f0000-0000-7000-8000-000000000101", "Noise-cancelling headphones",
     "Over-ear, thirty hours of battery", "electronics", 29999},
    {"018f0000-0000-7000-8000-000000000102", "Mechanical keyboard", "Brown switches, ISO layout",
     "electronics", 12900},
    {"018f0000-0000-7000-8000-000000000103", "Ultrawide monitor", "34 inches, 3440 x 1440",
     "electronics", 64900},
    {"018f0000-0000-7000-8000-000000000104", "Film camera", "Collector's item, sold out",
     "electronics", 45000, false},
    {"018f0000-0000-7000-8000-000000000201", "Transaction Processing", "Gray and Reuter, hardcover",
     "books", 8950},
    {"018f0000-0000-7000-8000-000000000202", "A Pattern Language", "Alexander, hardcover", "books",
     5500},
    {"018f0000-0000-7000-8000-000000000203", "Pocket atlas", "All countries, 300 pages", "books",
     1499},
    {"018f0000-0000-7000-8000-000000000301", "Moka pot", "Six cups, aluminium", "kitchen", 3290},
    {"018f0000-0000-7000-8000-000000000302", "Chef's knife", "20 cm, carbon steel", "kitchen",
     11900},
    {"018f0000-0000-7000-8000-000000000303", "Cast-iron pan", "26 cm, seasoned", "kitchen", 4999},
    {"018f0000-0000-7000-8000-000000000401", "Hiking backpack", "40 litres, rain cover", "outdoor",
     13900},
    {"018f0000-0000-7000-8000-000000000402", "Head torch", "400 lumen, rechargeable", "outdoor",
     3999},
    {"018f0000-0000-7000-8000-000000000403", "Enamel mug", "350 ml", "outdoor", 999},
};

// Quoted although constant: a name may hold an apostrophe.
void insert_users(pqxx::work& transaction) {
  for (const auto& user : kUsers) {
    transaction.exec("INSERT INTO identity.users (id, username, display_name) VALUES (" +
                     transaction.quote(std::string(user.id)) + ", " +
                     transaction.quote(std::string(user.username)) + ", " +
                     transaction.quote(std::string(user.display_name)) +
                     ") ON CONFLICT DO NOTHING");
    // Someone may have taken the name under another id; no account without its user then.
    const auto there = transaction.exec("SELECT 1 FROM identity.users WHERE id = " +
                                        transaction.quote(std::string(user.id)));
    if (there.empty()) continue;
    const std::string opening = std::to_string(user.opening);
    transaction.exec("INSERT INTO payments.accounts (id, currency, opening, balance) VALUES (" +
                     transaction.quote(std::string(user.id)) + ", " +
                     transaction.quote(std::string(kSeedCurrency)) + ", " + opening + ", " +
                     opening + ") ON CONFLICT DO NOTHING");
  }
}

void insert_products(pqxx::work& transaction) {
  for (const auto& product : kProducts) {
    transaction.exec(
        "INSERT INTO catalogue.products (id, name, description, category, price, currency, "
        "available) VALUES (" +
        transaction.quote(std::string(product.id)) + ", " +
        transaction.quote(std::string(product.name)) + ", " +
        transaction.quote(std::string(product.description)) + ", " +
        transaction.quote(std::string(product.category)) + ", " + std::to_string(product.price) +
        ", " + transaction.quote(std::string(kSeedCurrency)) + ", " +
        (product.available ? "true" : "false") + ") ON CONFLICT DO NOTHING");
  }
}

}  // namespace

std::span<const SeedUser> seed_users() { return kUsers; }

std::span<const SeedProduct> seed_products() { return kProducts; }

int run_seed(const core::Settings& settings, core::Logger& logger) {
  core::DatabasePool database(settings.get(core::kDatabaseUrl), "", 1, 30s);
  await_database(settings, database, logger);
  try {
    database.write([](pqxx::work& transaction) {
      insert_users(transaction);
      insert_products(transaction);
    });
  } catch (const pqxx::undefined_table&) {
    throw core::BadConfiguration("the database has no tables yet; run `orderflow migrate` first");
  }
  logger.info("seed data is there",
              {{"users", seed_users().size()}, {"products", seed_products().size()}});
  return 0;
}

}  // namespace orderflow::schemas
