#include "schemas/seed.hpp"

#include <string_view>
#include <vector>

#include "core/pg/session.hpp"
#include "core/pg/settings.hpp"
#include "core/values/shard_key.hpp"
#include "core/values/uuid.hpp"
#include "schemas/embedded.hpp"
#include "schemas/installation.hpp"
#include "schemas/migrate.hpp"

namespace orderflow::schemas {
namespace {

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

constexpr core::PgStatement kInsertUser{
    "seed_user",
    "INSERT INTO identity.users (id, username, display_name) VALUES ($1, $2, $3) "
    "ON CONFLICT DO NOTHING"};
// Someone may have taken the name under another id; no account without its user then.
constexpr core::PgStatement kInsertAccount{
    "seed_account",
    "INSERT INTO payments.accounts (id, shard, currency, opening, balance) "
    "SELECT id, $2, $3, $4, $4 FROM identity.users WHERE id = $1 ON CONFLICT DO NOTHING"};
constexpr core::PgStatement kInsertProduct{
    "seed_product",
    "INSERT INTO catalogue.products (id, name, description, category, price, currency, available) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"};

core::Uuid id_of(std::string_view text) { return core::Uuid::parse(text).value(); }

std::vector<core::PgCall> insertions() {
  std::vector<core::PgCall> calls;
  for (const auto& user : kUsers) {
    calls.push_back(
        {&kInsertUser,
         core::PgParams().uuid(id_of(user.id)).text(user.username).text(user.display_name)});
    calls.push_back({&kInsertAccount, core::PgParams()
                                          .uuid(id_of(user.id))
                                          .int4(core::shard_of(id_of(user.id)))
                                          .text(kSeedCurrency)
                                          .int8(user.opening)});
  }
  for (const auto& product : kProducts) {
    calls.push_back({&kInsertProduct, core::PgParams()
                                          .uuid(id_of(product.id))
                                          .text(product.name)
                                          .text(product.description)
                                          .text(product.category)
                                          .int8(product.price)
                                          .text(kSeedCurrency)
                                          .boolean(product.available)});
  }
  return calls;
}

}  // namespace

std::span<const SeedUser> seed_users() { return kUsers; }

std::span<const SeedProduct> seed_products() { return kProducts; }

int run_seed(const core::Settings& settings, core::Logger& logger) {
  core::PgSession session(settings.get(core::kDatabaseUrl), {.application_name = "orderflow/seed"});
  await_database(settings, session, logger);
  if (const auto problem = schema_problem(migrations(), read_applied_migrations(session))) {
    throw core::BadConfiguration(*problem);
  }
  (void)session.transaction(insertions());
  logger.info("seed data is there",
              {{"users", seed_users().size()}, {"products", seed_products().size()}});
  return 0;
}

}  // namespace orderflow::schemas
