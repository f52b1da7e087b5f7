#pragma once

#include <optional>
#include <string>

#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "core/pg/transaction.hpp"
#include "core/values/money.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::http_api {

// What a client says of a product.
struct ProductFields {
  std::string name;
  std::string description;
  std::string category;
  core::Money price;
  bool available = true;
};

// A row of catalogue.products. Deleted products stay as rows, for orders that name them.
struct ProductRow {
  static constexpr core::SqlText kColumns{
      "id, name, description, category, price, currency, available, created_at, updated_at, "
      "version"};

  core::Uuid id;
  ProductFields fields;
  core::Time created_at;
  core::Time updated_at;
  std::int64_t version = 0;

  [[nodiscard]] const core::Uuid& position() const { return id; }
  [[nodiscard]] static ProductRow read(core::PgRow& row);
};

[[nodiscard]] std::string to_json(const ProductRow& product);

// A row of catalogue.offers.
struct OfferRow {
  static constexpr core::SqlText kColumns{
      "id, product_id, seller, price, currency, items_in_stock, updated_at"};

  core::Uuid id;
  core::Uuid product_id;
  std::string seller;
  core::Money price;
  std::int32_t items_in_stock = 0;
  core::Time updated_at;

  [[nodiscard]] const core::Uuid& position() const { return id; }
  [[nodiscard]] static OfferRow read(core::PgRow& row);
};

[[nodiscard]] std::string to_json(const OfferRow& offer);

// None of these find a deleted product.
[[nodiscard]] std::optional<ProductRow> find_product(core::PgSession& session,
                                                     const core::Uuid& id);
// Its version, locked for the change to come.
[[nodiscard]] std::optional<std::int64_t> lock_product(core::PgTransaction& transaction,
                                                       const core::Uuid& id);

ProductRow insert_product(core::PgTransaction& transaction, const core::Uuid& id,
                          const ProductFields& fields);
ProductRow update_product(core::PgTransaction& transaction, const core::Uuid& id,
                          const ProductFields& fields);
void delete_product(core::PgTransaction& transaction, const core::Uuid& id);

}  // namespace orderflow::http_api
