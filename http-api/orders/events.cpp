#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "http-api/frontends.hpp"
#include "http-api/server/conditional.hpp"
#include "http-api/server/page.hpp"

namespace orderflow::http_api {
namespace {

using namespace std::chrono_literals;

constexpr auto kHeartbeat = 15s;
// DELIVERY_SCHEDULED and PAYMENT_FAILED end the saga, but the carrier's report or a retry may
// follow: the stream stays open this long after the last event, then ends.
constexpr auto kSettleTime = 60s;
constexpr int kStreamBatch = 100;

// Positions of the history's pages are sequences; they travel in the 16 bytes of a page position.
core::Uuid position_of(std::int64_t sequence) {
  core::Uuid position;
  std::memcpy(position.bytes.data(), &sequence, sizeof sequence);
  return position;
}

std::int64_t sequence_of(const core::Uuid& position) {
  std::int64_t sequence = 0;
  std::memcpy(&sequence, position.bytes.data(), sizeof sequence);
  return sequence;
}

std::string stream_text(const EventRecord& event) {
  return "id: " + std::to_string(event.sequence) + "\nevent: " + event.type +
         "\ndata: " + event_json(event) + "\n\n";
}

// One client's live view of one order.
class EventStream {
 public:
  EventStream(Services& services, core::Uuid order_id, std::shared_ptr<Bell> bell,
              std::string status, std::int64_t last_sequence)
      : services_(services),
        order_id_(order_id),
        bell_(std::move(bell)),
        status_(std::move(status)),
        last_sequence_(last_sequence) {}

  asio::awaitable<void> run(ResponseStream& out) {
    auto last_event = std::chrono::steady_clock::now();
    bool alive = co_await out.write(": history, then live\n\n");
    while (alive && !out.stopping() && !services_.feed.closed()) {
      const auto events = co_await services_.reader.events(order_id_, last_sequence_, kStreamBatch);
      if (!events.empty()) {
        last_event = std::chrono::steady_clock::now();
        alive = co_await write_events(out, events);
        continue;  // There may be more than a batch.
      }
      const bool settled = std::chrono::steady_clock::now() - last_event > kSettleTime;
      if (is_final_status(status_) || (is_terminal_status(status_) && settled)) co_return;
      const auto heartbeat = std::chrono::steady_clock::now() + kHeartbeat;
      co_await bell_->wait_until(heartbeat);
      if (std::chrono::steady_clock::now() >= heartbeat) alive = co_await out.write(": alive\n\n");
    }
  }

 private:
  asio::awaitable<bool> write_events(ResponseStream& out, const std::vector<EventRecord>& events) {
    std::string text;
    for (const EventRecord& event : events) {
      text += stream_text(event);
      last_sequence_ = event.sequence;
      status_ = event.status;
    }
    co_return co_await out.write(std::move(text));
  }

  Services& services_;
  core::Uuid order_id_;
  std::shared_ptr<Bell> bell_;
  std::string status_;
  std::int64_t last_sequence_;
};

// GET /orders/{id}/events: the history as a list, or live as server-sent events.
class OrderEventsFrontend {
 public:
  explicit OrderEventsFrontend(Services& services) : services_(services) {}

  asio::awaitable<Checked<Response>> get(const RequestContext& context) {
    const auto id = path_id(context, "order");
    if (!id) co_return refuse(id.error());
    const auto query = Query::parse(context, {"limit", "page_token"});
    if (!query) co_return refuse(query.error());
    if (accepts_event_stream(context.request.header("Accept")) &&
        context.request.method == Method::kGet) {
      co_return co_await stream(context, *id);
    }
    const auto page = PageRequest::parse(*query, "events of " + id->to_string());
    if (!page) co_return refuse(page.error());
    co_return co_await list(*id, *page);
  }

 private:
  asio::awaitable<Checked<Response>> list(core::Uuid id, const PageRequest& page) {
    const std::int64_t after = page.after ? sequence_of(*page.after) : 0;
    auto events = co_await services_.reader.events(id, after, page.limit + 1);
    if (events.empty() && !co_await services_.reader.saga(id)) co_return refuse(not_found("order"));
    std::optional<core::Uuid> next;
    if (events.size() > static_cast<std::size_t>(page.limit)) {
      events.pop_back();
      next = position_of(events.back().sequence);
    }
    JsonArray items;
    for (const EventRecord& event : events) items.add(event_json(event));
    co_return page_response(items, page, next);
  }

  asio::awaitable<Checked<Response>> stream(const RequestContext& context, core::Uuid id) {
    const std::string_view last = context.request.header("Last-Event-ID");
    std::int64_t after = 0;
    if (!last.empty()) {
      const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), after);
      if (error != std::errc{} || end != last.data() + last.size() || after < 0) {
        co_return refuse(bad_request("Last-Event-ID must be the sequence of an event."));
      }
    }
    auto bell = services_.feed.watch(co_await asio::this_coro::executor, id);
    if (!bell) co_return refuse(unavailable("Too many requests wait already; poll instead.", 5));
    const auto saga = co_await services_.reader.saga(id);
    if (!saga) co_return refuse(not_found("order"));
    auto events =
        std::make_shared<EventStream>(services_, id, std::move(bell), saga->status, after);
    Response response;
    response.content_type = "text/event-stream";
    response.with("Cache-Control", "no-store").with("X-Accel-Buffering", "no");
    response.stream = [events](ResponseStream& out) { return events->run(out); };
    co_return response;
  }

  Services& services_;
};

}  // namespace

std::vector<Route> order_event_routes(Services& services) {
  auto front = std::make_shared<OrderEventsFrontend>(services);
  return {{Method::kGet, "/orders/{id}/events",
           answering_problems([front](const RequestContext& c) { return front->get(c); })}};
}

}  // namespace orderflow::http_api
