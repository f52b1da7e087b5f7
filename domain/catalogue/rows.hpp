#pragma once

#include <optional>
#include <string>

#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "core/pg/transaction.hpp"
#include "core/values/money.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::domain {

// What a client says of a product.
struct ProductFields {
  std::string name;
  std::string description;
  std::string category;
  core::Money price;
  bool available = true;
};

// A row of catalogue.products. Deleted products stay as rows, for orders that name them.
struct Product {
  static constexpr core::SqlText kColumns{
      "id, name, description, category, price, currency, available, created_at, updated_at, "
      "version"};

  core::Uuid id;
  ProductFields fields;
  core::Time created_at;
  core::Time updated_at;
  std::int64_t version = 0;

  [[nodiscard]] static Product read(core::PgRow& row);
};

// A row of catalogue.offers.
struct Offer {
  static constexpr core::SqlText kColumns{
      "id, product_id, seller, price, currency, items_in_stock, updated_at"};

  core::Uuid id;
  core::Uuid product_id;
  std::string seller;
  core::Money price;
  std::int32_t items_in_stock = 0;
  core::Time updated_at;

  [[nodiscard]] static Offer read(core::PgRow& row);
};

// None of these find a deleted product.
[[nodiscard]] std::optional<Product> find_product(core::PgSession& session, const core::Uuid& id);
// Its version, locked for the change to come.
[[nodiscard]] std::optional<std::int64_t> lock_product(core::PgTransaction& transaction,
                                                       const core::Uuid& id);

Product insert_product(core::PgTransaction& transaction, const core::Uuid& id,
                       const ProductFields& fields);
Product update_product(core::PgTransaction& transaction, const core::Uuid& id,
                       const ProductFields& fields);
void delete_product(core::PgTransaction& transaction, const core::Uuid& id);

}  // namespace orderflow::domain
