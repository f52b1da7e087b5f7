#pragma once

#include <functional>
#include <memory>

#include "core/values/uuid.hpp"
#include "http-api/server/api_context.hpp"
#include "http-api/server/list.hpp"
#include "http-api/server/query_reader.hpp"

namespace orderflow::http_api {

struct ProductFilter {
  std::optional<std::string> category;
  std::optional<bool> available;
  std::optional<std::string> words;  // anywhere in name or description
  PageRequest page;

  [[nodiscard]] static ProductFilter read(QueryReader& query);
};

[[nodiscard]] KeysetQuery list_products(const ProductFilter& filter);
[[nodiscard]] KeysetQuery list_offers(const core::Uuid& product_id);

// GET and POST /products; GET, PUT and DELETE /products/{id}; GET /products/{id}/offers.
// `on_change` is called with the id of each product that was changed or deleted, on any thread.
[[nodiscard]] std::unique_ptr<ApiContext> make_catalogue(
    const ApiEnvironment& environment, std::function<void(const core::Uuid&)> on_change);

}  // namespace orderflow::http_api
