
#include "http-api/frontends.hpp"
#include "http-api/middleware/idempotency.hpp"
#include "http-api/orders/validation.hpp"
#include "http-api/server/body_reader.hpp"
#include "http-api/server/conditional.hpp"
#include "http-api/server/list_query.hpp"
#include "http-api/server/sql_text.hpp"

namespace orderflow::http_api {
namespace {

constexpr TextRule kName{.characters_max = 200};
constexpr TextRule kDescription{.characters_max = 2000, .may_be_empty = true, .multiline = true};
constexpr TextRule kCategory{.characters_max = 64};

std::string product_columns() {
  return "id::text, name, description, category, price, currency, available, " +
         rfc3339("created_at") + ", " + rfc3339("updated_at") + ", version";
}

std::string product_json(const pqxx::row& row) {
  return JsonObject()
      .field("id", row[0].c_str())
      .field("name", row[1].c_str())
      .field("description", row[2].c_str())
      .field("category", row[3].c_str())
      .field("price", money_of(row[4], row[5]))
      .field("available", row[6].as<bool>())
      .field("created_at", row[7].c_str())
      .field("updated_at", row[8].c_str())
      .text();
}

std::string offer_json(const pqxx::row& row) {
  return JsonObject()
      .field("id", row[0].c_str())
      .field("product_id", row[1].c_str())
      .field("seller", row[2].c_str())
      .field("price", money_of(row[3], row[4]))
      .field("items_in_stock", row[5].as<int>())
      .field("updated_at", row[6].c_str())
      .text();
}

struct Product {
  std::string name;
  std::string description;
  std::string category;
  core::Money price;
  bool available = true;
};

// A product as read, with the tag of its version.
struct TaggedJson {
  std::string json;
  std::string etag;
};

Checked<Product> read_product(const core::JsonDocument& body) {
  std::vector<FieldError> errors;
  BodyReader reader(body, errors);
  Product product;
  product.name = reader.text("name", kName).value_or("");
  product.description = reader.text("description", kDescription, Presence::kOptional).value_or("");
  product.category = reader.text("category", kCategory).value_or("");
  product.price = reader.money("price", 0).value_or(core::Money{});
  product.available = reader.boolean("available").value_or(false);
  reader.finish();
  if (!errors.empty()) return refuse(invalid(std::move(errors)));
  return product;
}

// % and _ are what they are in a search text, not wildcards.
std::string escape_like(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// GET and POST /products; GET, PUT and DELETE /products/{id}; GET /products/{id}/offers. Deleted
// products stay as rows, for orders that name them.
class ProductsFrontend {
 public:
  explicit ProductsFrontend(Services& services) : services_(services) {}

  asio::awaitable<Checked<Response>> list(const RequestContext& context) {
    const auto query = Query::parse(context, {"limit", "page_token", "category", "available", "q"});
    if (!query) co_return refuse(query.error());
    auto page = PageRequest::parse(*query, "products");
    if (!page) co_return refuse(std::move(page.error()));
    const auto available = query->boolean("available");
    if (!available) co_return refuse(available.error());
    ListQuery list;
    list.select = "SELECT " + product_columns() + " FROM catalogue.products";
    list.order_by = "id DESC";
    list.after = "id < ?::uuid";
    list.page = std::move(*page);
    list.to_json = product_json;
    list.conditions.emplace_back("NOT deleted");
    if (const auto category = query->text("category")) list.where("category = ?", *category);
    if (*available) list.where("available = ?::boolean", **available ? "true" : "false");
    if (const auto text = query->text("q")) {
      list.where("(name ILIKE ? OR description ILIKE ?)", "%" + escape_like(*text) + "%");
    }
    co_return co_await run_list(services_.blocking, services_.pools.catalogue, std::move(list));
  }

  asio::awaitable<Checked<Response>> get(const RequestContext& context) {
    const auto id = path_id(context, "product");
    if (!id) co_return refuse(id.error());
    const auto product = co_await read(*id);
    if (!product) co_return refuse(not_found("product"));
    Response response;
    if (not_modified(context.request, product->etag)) {
      response.status = 304;
    } else {
      response.body = product->json;
    }
    response.with("ETag", product->etag).with("Cache-Control", "no-cache");
    co_return response;
  }

  asio::awaitable<Checked<Response>> create(const RequestContext& context) {
    const auto body = parse_json_body(context.request);
    if (!body) co_return refuse(body.error());
    auto product = read_product(*body);
    if (!product) co_return refuse(std::move(product.error()));
    auto key = read_idempotency_key(context, *body);
    if (!key) co_return refuse(std::move(key.error()));
    auto work = [this, product = std::move(*product), key = std::move(*key)] {
      return services_.pools.catalogue.write([&](pqxx::work& transaction) {
        KeyedWrite write;
        write.key = key;
        write.resource_id = core::new_uuid_v7();
        write.check = [] { return std::nullopt; };
        write.effect = [&] { return insert(transaction, write.resource_id, product); };
        return keyed_write(transaction, write).response();
      });
    };
    co_return co_await blocking(services_.blocking, std::move(work));
  }

  asio::awaitable<Checked<Response>> update(const RequestContext& context) {
    const auto id = path_id(context, "product");
    if (!id) co_return refuse(id.error());
    const auto body = parse_json_body(context.request);
    if (!body) co_return refuse(body.error());
    auto product = read_product(*body);
    if (!product) co_return refuse(std::move(product.error()));
    const std::string if_match(context.request.header("If-Match"));
    auto work = [this, id = *id, product = std::move(*product), if_match] {
      return services_.pools.catalogue.write([&](pqxx::work& transaction) -> Checked<Response> {
        if (auto problem = check_tag(transaction, id, if_match)) return refuse(*problem);
        const auto rows = transaction.exec_params(
            "UPDATE catalogue.products SET name = $2, description = $3, category = $4, "
            "price = $5, currency = $6, available = $7, version = version + 1, "
            "updated_at = now() WHERE id = $1::uuid RETURNING " +
                product_columns(),
            id.to_string(), product.name, product.description, product.category,
            product.price.amount, product.price.currency, product.available);
        Response response = json_response(product_json(rows[0]));
        response.with("ETag", etag_of(rows[0][9].as<std::int64_t>()));
        return response;
      });
    };
    Checked<Response> response = co_await blocking(services_.blocking, std::move(work));
    services_.lookups.forget_product(*id);
    co_return response;
  }

  asio::awaitable<Checked<Response>> remove(const RequestContext& context) {
    const auto id = path_id(context, "product");
    if (!id) co_return refuse(id.error());
    const std::string if_match(context.request.header("If-Match"));
    auto work = [this, id = *id, if_match] {
      return services_.pools.catalogue.write([&](pqxx::work& transaction) -> Checked<Response> {
        if (auto problem = check_tag(transaction, id, if_match)) return refuse(*problem);
        transaction.exec_params(
            "UPDATE catalogue.products SET deleted = true, version = version + 1, "
            "updated_at = now() WHERE id = $1::uuid",
            id.to_string());
        return json_response("", 204);
      });
    };
    Checked<Response> response = co_await blocking(services_.blocking, std::move(work));
    services_.lookups.forget_product(*id);
    co_return response;
  }

  asio::awaitable<Checked<Response>> offers(const RequestContext& context) {
    const auto id = path_id(context, "product");
    if (!id) co_return refuse(id.error());
    const auto query = Query::parse(context, {"limit", "page_token"});
    if (!query) co_return refuse(query.error());
    auto page = PageRequest::parse(*query, "offers of " + id->to_string());
    if (!page) co_return refuse(std::move(page.error()));
    if (!co_await read(*id)) co_return refuse(not_found("product"));
    ListQuery list;
    list.select = "SELECT id::text, product_id::text, seller, price, currency, items_in_stock, " +
                  rfc3339("updated_at") + " FROM catalogue.offers";
    list.order_by = "id DESC";
    list.after = "id < ?::uuid";
    list.page = std::move(*page);
    list.to_json = offer_json;
    list.where("product_id = ?::uuid", id->to_string());
    co_return co_await run_list(services_.blocking, services_.pools.catalogue, std::move(list));
  }

 private:
  asio::awaitable<std::optional<TaggedJson>> read(core::Uuid id) {
    auto work = [this, id] {
      return services_.pools.catalogue.read(
          [&](pqxx::nontransaction& transaction) -> std::optional<TaggedJson> {
            const auto rows = transaction.exec_params(
                "SELECT " + product_columns() +
                    " FROM catalogue.products WHERE id = $1::uuid AND NOT deleted",
                id.to_string());
            if (rows.empty()) return std::nullopt;
            return TaggedJson{product_json(rows[0]), etag_of(rows[0][9].as<std::int64_t>())};
          });
    };
    return blocking(services_.blocking, std::move(work));
  }

  static StoredAnswer insert(pqxx::work& transaction, const core::Uuid& id,
                             const Product& product) {
    const auto rows = transaction.exec_params(
        "INSERT INTO catalogue.products (id, name, description, category, price, currency, "
        "available) VALUES ($1::uuid, $2, $3, $4, $5, $6, $7) RETURNING " +
            product_columns(),
        id.to_string(), product.name, product.description, product.category, product.price.amount,
        product.price.currency, product.available);
    return {201, "/products/" + id.to_string(), product_json(rows[0])};
  }

  // Locks the product for the change to come: 404 when it is gone, 412 when it is not as expected.
  static std::optional<Problem> check_tag(pqxx::work& transaction, const core::Uuid& id,
                                          const std::string& if_match) {
    const auto rows = transaction.exec_params(
        "SELECT version FROM catalogue.products WHERE id = $1::uuid AND NOT deleted FOR UPDATE",
        id.to_string());
    if (rows.empty()) return not_found("product");
    const std::string etag = etag_of(rows[0][0].as<std::int64_t>());
    if (!if_match.empty() && !names_tag(if_match, etag, TagComparison::kStrong)) {
      return precondition_failed();
    }
    return std::nullopt;
  }

  Services& services_;
};

}  // namespace

std::vector<Route> product_routes(Services& services) {
  auto front = std::make_shared<ProductsFrontend>(services);
  return {
      {Method::kGet, "/products",
       answering_problems([front](const RequestContext& c) { return front->list(c); })},
      {Method::kPost, "/products",
       answering_problems([front](const RequestContext& c) { return front->create(c); })},
      {Method::kGet, "/products/{id}",
       answering_problems([front](const RequestContext& c) { return front->get(c); })},
      {Method::kPut, "/products/{id}",
       answering_problems([front](const RequestContext& c) { return front->update(c); })},
      {Method::kDelete, "/products/{id}",
       answering_problems([front](const RequestContext& c) { return front->remove(c); })},
      {Method::kGet, "/products/{id}/offers",
       answering_problems([front](const RequestContext& c) { return front->offers(c); })},
  };
}

}  // namespace orderflow::http_api
