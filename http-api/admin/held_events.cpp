#include "http-api/admin/held_events.hpp"

#include "http-api/admin/saga_requests.hpp"

namespace orderflow::http_api {

asio::awaitable<Checked<Response>> AdminHeldEvents::list(Query<PageRequest> page) {
  auto work = [page = std::move(page.value)](core::PgSession& session) {
    return read_list<HeldEventsRow>(session, list_held_events(), page, held_events_json);
  };
  co_return co_await sessions_.run(std::move(work));
}

asio::awaitable<Checked<Response>> AdminHeldEvents::release(const RequestContext& context,
                                                            Path<core::Uuid> id,
                                                            Body<OperatorReason> body) {
  auto request = operator_request(saga::ReleaseEvents{}, id.value, {context.actor, context.trace},
                                  std::move(body.value.reason));
  request.key = context.key;
  return requests_.submit(std::move(request));
}

}  // namespace orderflow::http_api
