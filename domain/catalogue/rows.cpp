#include "domain/catalogue/rows.hpp"

namespace orderflow::domain {
namespace {

using core::PgParams;
using core::PgStatement;
using core::sql;

constexpr PgStatement kFindProduct{
    "catalogue_product",
    sql<"SELECT ", Product::kColumns, " FROM catalogue.products WHERE id = $1 AND NOT deleted">};
constexpr PgStatement kLockProduct{
    "catalogue_product_lock",
    "SELECT version FROM catalogue.products WHERE id = $1 AND NOT deleted FOR UPDATE"};
constexpr PgStatement kInsertProduct{
    "catalogue_product_insert", sql<"INSERT INTO catalogue.products"
                                    " (id, name, description, category, price, currency, available)"
                                    " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ",
                                    Product::kColumns>};
constexpr PgStatement kUpdateProduct{
    "catalogue_product_update",
    sql<"UPDATE catalogue.products SET name = $2, description = $3, category = $4, price = $5,"
        " currency = $6, available = $7, version = version + 1, updated_at = now()"
        " WHERE id = $1 RETURNING ",
        Product::kColumns>};
constexpr PgStatement kDeleteProduct{
    "catalogue_product_delete",
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

Product Product::read(core::PgRow& row) {
  return {row.take<core::Uuid>(),
          ProductFields{row.take<std::string>(), row.take<std::string>(), row.take<std::string>(),
                        core::Money{row.take<std::int64_t>(), row.take<std::string>()},
                        row.take<bool>()},
          row.take<core::Time>(), row.take<core::Time>(), row.take<std::int64_t>()};
}

Offer Offer::read(core::PgRow& row) {
  return {row.take<core::Uuid>(),   row.take<core::Uuid>(),
          row.take<std::string>(),  core::Money{row.take<std::int64_t>(), row.take<std::string>()},
          row.take<std::int32_t>(), row.take<core::Time>()};
}

std::optional<Product> find_product(core::PgSession& session, const core::Uuid& id) {
  return core::first_row_of<Product>(session.execute(kFindProduct, PgParams().uuid(id)));
}

std::optional<std::int64_t> lock_product(core::PgTransaction& transaction, const core::Uuid& id) {
  const auto rows = transaction.execute(kLockProduct, PgParams().uuid(id));
  return rows.rows() == 0 ? std::nullopt : std::optional(rows.int8(0, 0));
}

Product insert_product(core::PgTransaction& transaction, const core::Uuid& id,
                       const ProductFields& fields) {
  return core::row_of<Product>(transaction.execute(kInsertProduct, product_params(id, fields)));
}

Product update_product(core::PgTransaction& transaction, const core::Uuid& id,
                       const ProductFields& fields) {
  return core::row_of<Product>(transaction.execute(kUpdateProduct, product_params(id, fields)));
}

void delete_product(core::PgTransaction& transaction, const core::Uuid& id) {
  (void)transaction.execute(kDeleteProduct, PgParams().uuid(id));
}

}  // namespace orderflow::domain
