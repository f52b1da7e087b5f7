#include "http-api/catalogue/product_rows.hpp"

#include "http-api/server/http.hpp"

namespace orderflow::http_api {
namespace {

using core::PgParams;
using core::PgStatement;
using core::sql;

constexpr PgStatement kFindProduct{
    "api_product",
    sql<"SELECT ", ProductRow::kColumns, " FROM catalogue.products WHERE id = $1 AND NOT deleted">};
constexpr PgStatement kLockProduct{
    "api_product_lock",
    "SELECT version FROM catalogue.products WHERE id = $1 AND NOT deleted FOR UPDATE"};
constexpr PgStatement kInsertProduct{
    "api_product_insert", sql<"INSERT INTO catalogue.products"
                              " (id, name, description, category, price, currency, available)"
                              " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ",
                              ProductRow::kColumns>};
constexpr PgStatement kUpdateProduct{
    "api_product_update",
    sql<"UPDATE catalogue.products SET name = $2, description = $3, category = $4, price = $5,"
        " currency = $6, available = $7, version = version + 1, updated_at = now()"
        " WHERE id = $1 RETURNING ",
        ProductRow::kColumns>};
constexpr PgStatement kDeleteProduct{
    "api_product_delete",
    "UPDATE catalogue.products SET deleted = true, version = version + 1, updated_at = now()"
    " WHERE id = $1"};

PgParams product_params(const core::Uuid& id, const ProductFields& fields) {
  PgParams params;
  params.uuid(id)
      .text(fields.name)
      .text(fields.description)
      .text(fields.category)
      .int8(fields.price.amount)
      .text(fields.price.currency)
      .boolean(fields.available);
  return params;
}

}  // namespace

ProductRow ProductRow::read(core::PgRow& row) {
  return {row.take<core::Uuid>(),
          ProductFields{row.take<std::string>(), row.take<std::string>(), row.take<std::string>(),
                        core::Money{row.take<std::int64_t>(), row.take<std::string>()},
                        row.take<bool>()},
          row.take<core::Time>(), row.take<core::Time>(), row.take<std::int64_t>()};
}

std::string to_json(const ProductRow& product) {
  const ProductFields& fields = product.fields;
  return JsonObject()
      .field("id", product.id)
      .field("name", fields.name)
      .field("description", fields.description)
      .field("category", fields.category)
      .field("price", fields.price)
      .field("available", fields.available)
      .field("created_at", product.created_at)
      .field("updated_at", product.updated_at)
      .text();
}

OfferRow OfferRow::read(core::PgRow& row) {
  return {row.take<core::Uuid>(),   row.take<core::Uuid>(),
          row.take<std::string>(),  core::Money{row.take<std::int64_t>(), row.take<std::string>()},
          row.take<std::int32_t>(), row.take<core::Time>()};
}

std::string to_json(const OfferRow& offer) {
  return JsonObject()
      .field("id", offer.id)
      .field("product_id", offer.product_id)
      .field("seller", offer.seller)
      .field("price", offer.price)
      .field("items_in_stock", offer.items_in_stock)
      .field("updated_at", offer.updated_at)
      .text();
}

std::optional<ProductRow> find_product(core::PgSession& session, const core::Uuid& id) {
  return core::first_row_of<ProductRow>(session.execute(kFindProduct, PgParams().uuid(id)));
}

std::optional<std::int64_t> lock_product(core::PgTransaction& transaction, const core::Uuid& id) {
  const auto rows = transaction.execute(kLockProduct, PgParams().uuid(id));
  return rows.rows() == 0 ? std::nullopt : std::optional(rows.int8(0, 0));
}

ProductRow insert_product(core::PgTransaction& transaction, const core::Uuid& id,
                          const ProductFields& fields) {
  return core::row_of<ProductRow>(transaction.execute(kInsertProduct, product_params(id, fields)));
}

ProductRow update_product(core::PgTransaction& transaction, const core::Uuid& id,
                          const ProductFields& fields) {
  return core::row_of<ProductRow>(transaction.execute(kUpdateProduct, product_params(id, fields)));
}

void delete_product(core::PgTransaction& transaction, const core::Uuid& id) {
  (void)transaction.execute(kDeleteProduct, PgParams().uuid(id));
}

}  // namespace orderflow::http_api
