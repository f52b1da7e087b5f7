#include "http-api/catalogue/catalogue.hpp"

#include "domain/catalogue/rows.hpp"
#include "events/ids.hpp"
#include "http-api/middleware/key_store.hpp"
#include "http-api/middleware/keyed_write.hpp"
#include "http-api/server/bind.hpp"
#include "http-api/server/conditional.hpp"
#include "http-api/server/write.hpp"

namespace orderflow::http_api {
namespace {

constexpr TextRule kProductName{.characters_max = 200};
constexpr TextRule kDescription{.characters_max = 2000, .may_be_empty = true, .multiline = true};
constexpr TextRule kCategory{.characters_max = 64};

std::string product_json(const domain::Product& product) {
  const domain::ProductFields& fields = product.fields;
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

std::string offer_json(const domain::Offer& offer) {
  return JsonObject()
      .field("id", offer.id)
      .field("product_id", offer.product_id)
      .field("seller", offer.seller)
      .field("price", offer.price)
      .field("items_in_stock", offer.items_in_stock)
      .field("updated_at", offer.updated_at)
      .text();
}

struct ProductBody {
  domain::ProductFields fields;

  static ProductBody read(BodyReader& body) {
    domain::ProductFields fields;
    fields.name = body.text("name", kProductName).value_or("");
    fields.description = body.text("description", kDescription, Presence::kOptional).value_or("");
    fields.category = body.text("category", kCategory).value_or("");
    fields.price = body.money("price", 0).value_or(core::Money{});
    fields.available = body.boolean("available").value_or(false);
    return {std::move(fields)};
  }
};

// % and _ are what they are in a search text, not wildcards.
std::string like_pattern(const std::string& text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

Response with_etag(Response response, std::int64_t version) {
  response.with("ETag", etag_of(version));
  return response;
}

// Locks the product for a change: 404 when it is gone, 412 when it is not as the client knows it.
std::optional<Problem> refuse_change(core::PgTransaction& transaction, const core::Uuid& id,
                                     const Preconditions& preconditions) {
  const auto version = domain::lock_product(transaction, id);
  if (!version) return not_found("product");
  if (preconditions.fail(etag_of(*version))) return precondition_failed();
  return std::nullopt;
}

class Products {
 public:
  Products(std::shared_ptr<core::SessionPool> sessions,
           std::function<void(const core::Uuid&)> on_change)
      : sessions_(std::move(sessions)), on_change_(std::move(on_change)) {}

  asio::awaitable<Checked<Response>> list(Query<ProductFilter> filter) {
    auto work = [filter = std::move(filter.value)](core::PgSession& session) {
      return read_list<domain::Product>(session, list_products(filter), filter.page, product_json);
    };
    co_return co_await sessions_->run(std::move(work));
  }

  asio::awaitable<Checked<Response>> get(const RequestContext& context, Path<core::Uuid> id) {
    const auto product = co_await find(id.value);
    if (!product) co_return refuse(not_found("product"));
    const std::string etag = etag_of(product->version);
    if (Preconditions(context.request).fail(etag)) co_return refuse(precondition_failed());
    Response response = not_modified(context.request, etag) ? json_response("", 304)
                                                            : json_response(product_json(*product));
    response.with("ETag", etag).with("Cache-Control", "no-cache");
    co_return response;
  }

  asio::awaitable<Checked<Response>> create(const RequestContext& context, Body<ProductBody> body) {
    auto work = [fields = std::move(body.value.fields), key = context.key,
                 id = events::new_product_id()](core::PgSession& session) {
      KeyedWrite write;
      write.key = key;
      write.check = [](core::PgTransaction&) { return std::nullopt; };
      write.effect = [&](core::PgTransaction& transaction) {
        const domain::Product product = domain::insert_product(transaction, id, fields);
        return StoredAnswer{201, "/products/" + id.to_string(), product_json(product)};
      };
      return keyed_write(session, write);
    };
    co_return co_await sessions_->run(std::move(work));
  }

  asio::awaitable<Checked<Response>> update(const RequestContext& context, Path<core::Uuid> id,
                                            Body<ProductBody> body) {
    auto work = [id = id.value, fields = std::move(body.value.fields),
                 preconditions = Preconditions(context.request),
                 on_change = on_change_](core::PgSession& session) {
      auto response = write(session, [&](core::PgTransaction& transaction) -> Checked<Response> {
        if (auto problem = refuse_change(transaction, id, preconditions)) return refuse(*problem);
        const domain::Product product = domain::update_product(transaction, id, fields);
        return with_etag(json_response(product_json(product)), product.version);
      });
      on_change(id);
      return response;
    };
    co_return co_await sessions_->run(std::move(work));
  }

  asio::awaitable<Checked<Response>> remove(const RequestContext& context, Path<core::Uuid> id) {
    auto work = [id = id.value, preconditions = Preconditions(context.request),
                 on_change = on_change_](core::PgSession& session) {
      auto response = write(session, [&](core::PgTransaction& transaction) -> Checked<Response> {
        if (auto problem = refuse_change(transaction, id, preconditions)) return refuse(*problem);
        domain::delete_product(transaction, id);
        return json_response("", 204);
      });
      on_change(id);
      return response;
    };
    co_return co_await sessions_->run(std::move(work));
  }

  asio::awaitable<Checked<Response>> offers(Path<core::Uuid> id, Query<PageRequest> page) {
    auto work = [id = id.value,
                 page = std::move(page.value)](core::PgSession& session) -> Checked<Response> {
      if (!domain::find_product(session, id)) return refuse(not_found("product"));
      return read_list<domain::Offer>(session, list_offers(id), page, offer_json);
    };
    co_return co_await sessions_->run(std::move(work));
  }

 private:
  asio::awaitable<std::optional<domain::Product>> find(core::Uuid id) {
    auto work = [id](core::PgSession& session) { return domain::find_product(session, id); };
    return sessions_->run(std::move(work));
  }

  std::shared_ptr<core::SessionPool> sessions_;
  std::function<void(const core::Uuid&)> on_change_;
};

class Catalogue final : public ApiContext {
 public:
  Catalogue(const ApiEnvironment& environment, std::function<void(const core::Uuid&)> on_change)
      : database_(environment, kKeyTable<"catalogue">, "orderflow_catalogue"),
        products_(std::make_shared<Products>(database_.sessions(), std::move(on_change))) {}

  std::vector<Route> routes() override {
    constexpr Policy kRead{.context = "catalogue", .resource = "product"};
    constexpr Policy kCreate{.context = "catalogue",
                             .resource = "product",
                             .body = BodyUse::kJson,
                             .key = KeyUse::kOptional};
    constexpr Policy kUpdate{.context = "catalogue", .resource = "product", .body = BodyUse::kJson};
    return {{Method::kGet, "/products", bind(products_, &Products::list), kRead},
            {Method::kPost, "/products", bind(products_, &Products::create), kCreate},
            {Method::kGet, "/products/{id}", bind(products_, &Products::get), kRead},
            {Method::kPut, "/products/{id}", bind(products_, &Products::update), kUpdate},
            {Method::kDelete, "/products/{id}", bind(products_, &Products::remove), kRead},
            {Method::kGet, "/products/{id}/offers", bind(products_, &Products::offers), kRead}};
  }

  KeyStore* keys() override { return &database_.keys(); }
  void request_stop() override { database_.request_stop(); }
  void stop() override { database_.stop(); }

 private:
  KeyedSessions database_;
  std::shared_ptr<Products> products_;
};

}  // namespace

ProductFilter ProductFilter::read(QueryReader& query) {
  ProductFilter filter;
  filter.category = query.text("category");
  filter.available = query.boolean("available");
  filter.words = query.text("q");
  filter.page = query.page();
  return filter;
}

KeysetQuery list_products(const ProductFilter& filter) {
  KeysetQuery query{core::sql<"SELECT ", domain::Product::kColumns, " FROM catalogue.products">,
                    "id"};
  query.where.add("NOT deleted");
  if (filter.category) query.of("category", *filter.category);
  if (filter.available) query.of("available", *filter.available);
  // Words may be anywhere: the rest of the catalogue is searched.
  if (filter.words) {
    query.where.add("(name ILIKE ? OR description ILIKE ?)", like_pattern(*filter.words));
  }
  return query;
}

KeysetQuery list_offers(const core::Uuid& product_id) {
  KeysetQuery query{core::sql<"SELECT ", domain::Offer::kColumns, " FROM catalogue.offers">, "id"};
  query.of("product_id", product_id);
  return query;
}

std::unique_ptr<ApiContext> make_catalogue(const ApiEnvironment& environment,
                                           std::function<void(const core::Uuid&)> on_change) {
  return std::make_unique<Catalogue>(environment, std::move(on_change));
}

}  // namespace orderflow::http_api
