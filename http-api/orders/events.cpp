#include "http-api/orders/events.hpp"

#include <algorithm>
#include <span>

#include "core/values/failure.hpp"
#include "core/values/number.hpp"
#include "http-api/server/conditional.hpp"
#include "http-api/server/list.hpp"

namespace orderflow::http_api {
namespace {

using namespace std::chrono_literals;

constexpr auto kHeartbeat = 15s;
// DELIVERY_SCHEDULED and PAYMENT_FAILED end the saga, but the carrier's report or a retry may
// follow: the stream stays open this long after the last event, then ends.
constexpr auto kLingerTime = 60s;
constexpr int kStreamBatch = 100;
// While the database is away a stream goes on, looks so often, and has its heartbeats.
constexpr auto kOutageInterval = 1s;

// Nothing follows these.
bool is_final(saga::OrderStatus status) {
  return status == saga::OrderStatus::kCancelled || status == saga::OrderStatus::kDelivered;
}

// Nothing follows these unless somebody asks for it.
bool is_finished(saga::OrderStatus status) {
  return is_final(status) || status == saga::OrderStatus::kPaymentFailed;
}

std::string stream_text(const EventRow& event) {
  return "id: " + std::to_string(event.sequence) + "\nevent: " + event.type +
         "\ndata: " + event_json(event) + "\n\n";
}

std::optional<std::int64_t> parse_last_event_id(std::string_view text) {
  if (text.empty()) return 0;
  const auto sequence = core::parse_number<std::int64_t>(text);
  return sequence && *sequence >= 0 ? sequence : std::nullopt;
}

// One client's live view of one order.
class EventStream {
 public:
  EventStream(OrdersBackend& backend, const saga::SagaRow& saga,
              std::shared_ptr<Subscription> changes, std::int64_t last_sequence)
      : backend_(backend),
        order_id_(saga.order_id.uuid),
        status_(saga.state.status),
        refund_under_way_(saga.state.refund.has_value()),
        changes_(std::move(changes)),
        last_sequence_(last_sequence) {}

  asio::awaitable<void> run(ResponseStream& out) {
    last_event_ = std::chrono::steady_clock::now();
    bool alive = co_await write(out, ": history, then live\n\n");
    while (alive && !out.over() && !backend_.feed.closed()) {
      const auto events = co_await next_events();
      if (events && !events->empty()) {
        last_event_ = std::chrono::steady_clock::now();
        alive = co_await write(out, take(*events));
        continue;  // There may be more than a batch.
      }
      if (events && ended()) co_return;
      const auto next_look = std::chrono::steady_clock::now() + kOutageInterval;
      co_await changes_->wait_until(events ? heartbeat_ : std::min(heartbeat_, next_look));
      if (std::chrono::steady_clock::now() >= heartbeat_)
        alive = co_await write(out, ": alive\n\n");
    }
  }

 private:
  // Nothing while the database does not answer.
  asio::awaitable<Events> next_events() {
    try {
      co_return co_await backend_.histories.events({order_id_, last_sequence_, kStreamBatch});
    } catch (const core::Unavailable&) {
      co_return nullptr;
    }
  }

  asio::awaitable<bool> write(ResponseStream& out, std::string text) {
    heartbeat_ = std::chrono::steady_clock::now() + kHeartbeat;
    return out.write(std::move(text));
  }

  std::string take(const std::vector<EventRow>& events) {
    std::string text;
    for (const EventRow& event : events) {
      text += stream_text(event);
      last_sequence_ = event.sequence;
      status_ = event.status;
      if (event.type.starts_with("Refund")) refund_under_way_ = false;  // It has been answered.
    }
    return text;
  }

  [[nodiscard]] bool ended() const {
    if (refund_under_way_) return false;
    const bool lingered = std::chrono::steady_clock::now() - last_event_ > kLingerTime;
    return is_final(status_) || (saga::is_terminal(status_) && lingered);
  }

  OrdersBackend& backend_;
  core::Uuid order_id_;
  saga::OrderStatus status_;
  bool refund_under_way_;
  std::shared_ptr<Subscription> changes_;
  std::int64_t last_sequence_;
  core::SteadyTime last_event_;
  core::SteadyTime heartbeat_;  // When the next one is due.
};

Response event_stream(StreamBody body) {
  Response response;
  response.content_type = "text/event-stream";
  response.with("Vary", "Accept").with("Cache-Control", "no-store").with("X-Accel-Buffering", "no");
  response.stream = std::move(body);
  return response;
}

}  // namespace

asio::awaitable<Checked<Response>> OrderEvents::get(const RequestContext& context,
                                                    Path<core::Uuid> id, Query<PageRequest> page) {
  const bool live = accepts_event_stream(context.request.header_list("Accept"));
  return live ? stream(context, id.value) : list(id.value, std::move(page.value));
}

asio::awaitable<Checked<Response>> OrderEvents::list(core::Uuid id, PageRequest page) {
  const std::int64_t after = page.after ? EventRow::sequence_of(*page.after) : 0;
  const Events events = co_await backend_.histories.events({id, after, page.limit + 1});
  if (events->empty() && !co_await backend_.reader.saga(id)) co_return refuse(not_found("order"));
  const auto limit = static_cast<std::size_t>(page.limit);
  const auto shown = std::span(*events).first(std::min(events->size(), limit));
  co_return list_response(shown, events->size() > limit, page, event_json);
}

asio::awaitable<Checked<Response>> OrderEvents::stream(const RequestContext& context,
                                                       core::Uuid id) {
  auto after = parse_last_event_id(context.request.header("Last-Event-ID"));
  if (!after) co_return refuse(bad_request("Last-Event-ID must be the sequence of an event."));
  const auto saga = co_await backend_.reader.saga(id);
  if (!saga) co_return refuse(not_found("order"));
  // An event that this order has not had yet was another's, or of a history that was restored to an
  // earlier state.
  if (*after > saga->state.event_sequence) after = 0;
  // Browsers connect again when a stream ends, until they are told that nothing follows.
  if (*after > 0 && *after == saga->state.event_sequence && is_finished(saga->state.status) &&
      !saga->state.refund) {
    co_return json_response("", 204);
  }
  if (context.request.method == Method::kHead)
    co_return event_stream([](ResponseStream&) -> asio::awaitable<void> { co_return; });
  auto changes = co_await backend_.feed.follow(context, id, core::Duration{0});
  if (!changes) co_return refuse(changes.error());
  auto events = std::make_shared<EventStream>(backend_, *saga, std::move(*changes), *after);
  co_return event_stream([events](ResponseStream& out) { return events->run(out); });
}

}  // namespace orderflow::http_api
