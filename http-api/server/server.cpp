#include "http-api/server/server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <ctime>
#include <exception>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "core/async/descriptors.hpp"
#include "core/values/failure.hpp"
#include "core/values/ip_address.hpp"
#include "events/ids.hpp"
#include "http-api/server/problem.hpp"
#include "http-api/server/response_head.hpp"
#include "http-api/server/session.hpp"
#include "http-api/settings.hpp"

namespace orderflow::http_api {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

// How exactly deadlines are kept.
constexpr auto kTick = std::chrono::milliseconds{50};
// Connections beyond connections_max that are still read, so that health answers; the others get a
// 503 unread.
constexpr std::size_t kRefusalsMax = 100;
// For everything but client connections: sessions of the database, Kafka's brokers, files.
constexpr std::size_t kDescriptorsReserved = 300;
// What the kernel keeps of answers that a client does not take, twice this for each connection. Its
// own choice grows to megabytes, and many such clients then use up the memory that the machine has
// for all connections.
constexpr int kSendBufferBytes = 128 * 1024;
constexpr auto kAcceptPause = std::chrono::milliseconds{100};

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 64> text{};
  const auto length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text.data(), length};
}

}  // namespace

ServerOptions server_options(const core::Settings& settings, core::Logger& logger) {
  ServerOptions options;
  options.host = settings.get(kHttpHost);
  options.port = settings.get(kHttpPort);
  options.threads = settings.get(kHttpThreads);
  if (options.threads == 0) options.threads = std::max(1U, std::thread::hardware_concurrency());
  options.header_bytes_max = settings.get(kHttpHeaderLimit);
  options.body_bytes_max = settings.get(kHttpBodyLimit);
  const std::size_t wanted = settings.get(kHttpConnections);
  const std::size_t descriptors = core::raise_descriptor_limit();
  options.connections_max =
      core::connections_within(descriptors, kDescriptorsReserved + kRefusalsMax, wanted);
  if (options.connections_max < wanted) {
    logger.warning(
        "fewer client connections than ORDERFLOW_HTTP_CONNECTIONS asks for, since this process may "
        "not open as many descriptors; raise its hard limit (ulimit -Hn)",
        {{"asked_for", wanted},
         {"connections", options.connections_max},
         {"descriptors", descriptors}});
  }
  options.read_timeout = settings.get(kHttpReadTimeout);
  options.idle_timeout = settings.get(kHttpIdleTimeout);
  options.request_timeout = settings.get(kHttpRequestTimeout);
  return options;
}

class Server::Impl {
 public:
  Impl(ServerOptions options, const Dispatcher& dispatcher, core::Logger& logger,
       core::Metrics& metrics)
      : options_(std::move(options)),
        logger_(logger),
        open_(metrics.gauge("http_connections", "Open client connections.",
                            {{"role", logger.role()}})),
        workers_(make_workers(options_, dispatcher)) {}

  void start() {
    listen();
    for (auto& worker : workers_) {
      tick(*worker);
      worker->thread = std::thread([context = &worker->context] { context->run(); });
    }
    asio::co_spawn(workers_.front()->context, accept_loop(),
                   [this](const std::exception_ptr& failure) {
                     if (failure) logger_.error("the HTTP acceptor ended");
                   });
    started_ = true;
  }

  void stop() {
    if (!started_) return;
    started_ = false;
    asio::post(workers_.front()->context, [this] { acceptor_.close(); });
    for (auto& worker : workers_) {
      asio::post(worker->context, [group = &worker->group] {
        group->stopping = true;
        for (Session* session : group->sessions) session->stop();
      });
    }
    std::unique_lock lock(mutex_);
    const auto none_left = [this] { return connections_.load() == 0; };
    if (!ended_.wait_for(lock, options_.stop_timeout, none_left)) {
      logger_.warning("cutting off unfinished connections", {{"count", connections_.load()}});
      for (auto& worker : workers_) {
        asio::post(worker->context, [group = &worker->group] {
          for (Session* session : group->sessions) session->abort();
        });
      }
      ended_.wait_for(lock, std::chrono::seconds{1}, none_left);
    }
    lock.unlock();
    for (auto& worker : workers_) worker->context.stop();
    for (auto& worker : workers_) worker->thread.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  struct Worker {
    Worker(const ServerOptions& options, const Dispatcher& dispatcher)
        : group{options, dispatcher, {}, http_date()}, tick(context) {}

    SessionGroup group;  // Outlives the context, whose end destroys the last sessions.
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> keep_running{context.get_executor()};
    asio::steady_timer tick;
    std::thread thread;
  };
  using Workers = std::vector<std::unique_ptr<Worker>>;

  static Workers make_workers(const ServerOptions& options, const Dispatcher& dispatcher) {
    Workers workers;
    for (std::size_t i = 0; i < options.threads; ++i) {
      workers.push_back(std::make_unique<Worker>(options, dispatcher));
    }
    return workers;
  }

  void listen() {
    error_code error;
    const auto address = asio::ip::make_address(options_.host, error);
    if (error) throw core::BadConfiguration(problem_of_listening(error));
    const tcp::endpoint endpoint(address, options_.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) throw core::BadConfiguration(problem_of_listening(error));
    port_ = acceptor_.local_endpoint().port();
  }

  // Never another port instead: whoever looks for this process looks where it was told to be.
  [[nodiscard]] std::string problem_of_listening(const error_code& error) const {
    const std::string port = std::to_string(options_.port);
    const std::string remedy = error == asio::error::address_in_use
                                   ? "port " + port + " is taken; free it or set " +
                                         options_.port_setting + " to another one"
                               : error == asio::error::access_denied
                                   ? "port " + port + " is reserved for root; set " +
                                         options_.port_setting + " to one from 1024 on"
                                   : "set ORDERFLOW_HTTP_HOST to an IP address of this machine";
    return "cannot listen on " + core::url_host(options_.host) + ":" + port + " (" +
           error.message() + "): " + remedy;
  }

  asio::awaitable<void> accept_loop() {
    std::size_t next = 0;
    asio::steady_timer pause(workers_.front()->context);
    while (acceptor_.is_open()) {
      Worker& worker = *workers_[next++ % workers_.size()];
      error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(
          worker.context, asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error) {
        // Most likely out of file descriptors: taking a breath beats spinning.
        pause.expires_after(kAcceptPause);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      begin_session(worker, std::move(socket));
    }
  }

  void begin_session(Worker& worker, tcp::socket socket) {
    const std::size_t open = connections_.fetch_add(1) + 1;
    open_.Set(static_cast<double>(open));
    asio::post(worker.context, [this, &worker, open, socket = std::move(socket)]() mutable {
      switch (admission(worker.group, open)) {
        case Admission::kServed: return run_session(worker, std::move(socket), false);
        case Admission::kRefused: return run_session(worker, std::move(socket), true);
        case Admission::kUnread: break;
      }
      refuse_unread(socket, worker.group.date);
      end_session();
    });
  }

  enum class Admission { kServed, kRefused, kUnread };

  // Where the server is full, a connection that is of no use to its client at the moment makes
  // room: nobody keeps others out by holding connections. On the group's thread.
  Admission admission(SessionGroup& group, std::size_t open) const {
    if (open <= options_.connections_max) return Admission::kServed;
    if (Session* idle = Session::longest_idle(group, false)) {
      idle->make_room();
      return Admission::kServed;
    }
    if (open <= options_.connections_max + kRefusalsMax) return Admission::kRefused;
    Session* idle = Session::longest_idle(group, true);
    if (idle == nullptr) return Admission::kUnread;
    idle->make_room();
    return Admission::kRefused;
  }

  void run_session(Worker& worker, tcp::socket socket, bool refuse) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::send_buffer_size(kSendBufferBytes), ignored);
    auto session = std::make_shared<Session>(std::move(socket), worker.group, refuse);
    auto ended = [this, session](const std::exception_ptr& failure) {
      if (failure) log_failure(failure);
      end_session();
    };
    asio::co_spawn(worker.context, session->run(),
                   asio::bind_cancellation_slot(session->cancellation_slot(), std::move(ended)));
  }

  // Without waiting: what a new connection is sent always fits into its buffer. What has come is
  // read, since closing with something unread would take the answer along.
  static void refuse_unread(tcp::socket& socket, std::string_view date) {
    const std::string id = events::new_correlation_id();
    const Problem problem =
        request_refused(503, "The server has more connections than it reads; try again.");
    Response response = problem_response(problem, id);
    response.with("X-Correlation-ID", id);
    const std::string answer = response_head(response, date, "close").append(response.text());
    error_code error;
    socket.non_blocking(true, error);
    std::array<char, 4096> scrap{};
    while (!error) socket.read_some(asio::buffer(scrap), error);
    asio::write(socket, asio::buffer(answer), error);
    socket.shutdown(tcp::socket::shutdown_send, error);
  }

  void log_failure(const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      logger_.error("a connection failed", {{"error", error.what()}});
    }
  }

  void end_session() {
    const std::size_t left = connections_.fetch_sub(1) - 1;
    open_.Set(static_cast<double>(left));
    if (left == 0) {
      const std::lock_guard lock(mutex_);
      ended_.notify_all();
    }
  }

  void tick(Worker& worker) {
    worker.tick.expires_after(kTick);
    worker.tick.async_wait([this, &worker](const error_code& error) {
      if (error) return;
      worker.group.date = http_date();
      const auto now = std::chrono::steady_clock::now();
      for (Session* session : worker.group.sessions) session->check(now);
      tick(worker);
    });
  }

  const ServerOptions options_;
  core::Logger& logger_;
  prometheus::Gauge& open_;
  Workers workers_;
  tcp::acceptor acceptor_{workers_.front()->context};
  std::uint16_t port_ = 0;
  bool started_ = false;
  std::atomic<std::size_t> connections_{0};
  std::mutex mutex_;
  std::condition_variable ended_;
};

Server::Server(ServerOptions options, const Dispatcher& dispatcher, core::Logger& logger,
               core::Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), dispatcher, logger, metrics)) {}

Server::~Server() { stop(); }

void Server::start() { impl_->start(); }
void Server::stop() { impl_->stop(); }
std::uint16_t Server::port() const { return impl_->port(); }

}  // namespace orderflow::http_api
