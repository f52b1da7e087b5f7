#pragma once

#include "core/json/text.hpp"

namespace orderflow::http_api {

// What answers are written with.
using core::JsonArray;
using core::JsonObject;
using core::RawJson;

}  // namespace orderflow::http_api
