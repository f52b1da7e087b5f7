#pragma once

#include <map>
#include <string>
#include <string_view>

namespace orderflow::core {

using Environment = std::map<std::string, std::string>;

// The environment of this process.
[[nodiscard]] Environment process_environment();

// Whether this is a variable that Kubernetes (and Docker's links) sets in each container for each
// service: a service named orderflow-http is announced as ORDERFLOW_HTTP_SERVICE_HOST=10.96.0.7,
// ORDERFLOW_HTTP_PORT=tcp://10.96.0.7:80 and so on, which are no settings.
[[nodiscard]] bool is_service_link(std::string_view name, std::string_view value);

}  // namespace orderflow::core
