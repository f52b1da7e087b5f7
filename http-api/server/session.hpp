#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "http-api/server/dispatcher.hpp"
#include "http-api/server/request_parser.hpp"
#include "http-api/server/server.hpp"

namespace orderflow::http_api {

class Session;

// What the connections of one thread share. Touched by that thread only.
struct SessionGroup {
  const ServerOptions& options;
  const Dispatcher& dispatcher;
  std::list<Session*> sessions;
  std::string date;              // the Date header, renewed by the tick
  std::size_t unsent_bytes = 0;  // Of bodies whose clients have not taken them yet.
  bool stopping = false;
};

// One connection: reads a request, has it answered, writes the answer, and again. It runs as one
// coroutine on one thread; check() is called by the same thread's tick.
class Session final : public Client,
                      public ResponseStream,
                      public std::enable_shared_from_this<Session> {
 public:
  // `refuse`: the server is full; the first request is answered 503 and the connection closed.
  Session(asio::ip::tcp::socket socket, SessionGroup& group, bool refuse);
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  asio::awaitable<void> run();
  [[nodiscard]] asio::cancellation_slot cancellation_slot() { return signal_.slot(); }

  // Cuts off what has passed its deadline, and begins to watch for the leaving of a client whose
  // request is still being answered. Called every tick, so that quick answers cost no watch.
  void check(core::SteadyTime now);
  // The server stops: an idle connection ends now, any other after its answer.
  void stop();
  // The server cannot wait any longer.
  void abort();

  // The one of the group that has waited for a request for longest, to make room for another; among
  // those that are refused, or the others, of which only those count that were sent none of it.
  // Null: there is none.
  [[nodiscard]] static Session* longest_idle(const SessionGroup& group, bool refused);
  // Ends it; one that is refused is told.
  void make_room();

  asio::awaitable<bool> write(std::string text) override;
  [[nodiscard]] bool over() const override { return client_left_ || group_.stopping; }

  void wait_on_purpose(core::Duration extra, std::function<void()> on_leaving) override;
  [[nodiscard]] bool left() const override { return client_left_; }
  [[nodiscard]] std::string address() const override;

  // What is held of the client's bytes.
  [[nodiscard]] std::size_t memory() const;

 private:
  // What the connection is waiting for; decides what its deadline does.
  enum class Phase { kIdle, kReading, kHandling, kWriting, kDraining };
  enum class Received { kRequest, kRefused, kNothing };

  asio::awaitable<void> serve();
  asio::awaitable<Received> read_request();
  void await_request();
  asio::awaitable<bool> fill_buffer();
  void parse_buffered();
  [[nodiscard]] bool begun() const;
  [[nodiscard]] bool idle() const;
  asio::awaitable<void> continue_if_expected();
  asio::awaitable<void> answer_refusal();
  asio::awaitable<Response> handle();
  asio::awaitable<bool> send(std::string_view head, std::string_view body = {});
  asio::awaitable<bool> send_answer(const Response& response, bool keep_alive);
  void hold(std::size_t bytes);
  void release();
  void cancel_handler();
  void begin_watch();
  void watch();
  void read_ahead();
  void end_watch();
  asio::awaitable<void> run_stream(Response response);
  asio::awaitable<void> drain();
  void enter(Phase phase, core::Duration limit);
  [[nodiscard]] bool sends_body(const Response& response) const;
  [[nodiscard]] std::string head_of(const Response& response, bool keep_alive) const;

  asio::ip::tcp::socket socket_;
  SessionGroup& group_;
  std::list<Session*>::iterator position_;
  bool refuse_;
  Phase phase_ = Phase::kIdle;
  core::SteadyTime deadline_;
  bool expired_ = false;
  bool makes_room_ = false;  // For another connection.
  std::size_t unsent_ = 0;   // This connection's part of the group's.
  bool cancelled_ = false;   // The handler.
  bool client_left_ = false;
  bool watching_ = false;
  bool streaming_ = false;
  std::function<void()> on_leaving_;
  std::uint64_t watch_ = 0;  // Which watch is meant; earlier ones have ended.
  asio::cancellation_signal signal_;
  boost::beast::flat_buffer buffer_;
  std::optional<RequestParser> parser_;
  bool continue_sent_ = false;
};

}  // namespace orderflow::http_api
