#include "core/kafka/embedded_broker.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "core/values/failure.hpp"

namespace orderflow::core {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kAcceptPause{100};

struct EmbeddedBroker::Mock {
  rd_kafka_t* handle = nullptr;
  rd_kafka_mock_cluster_t* cluster = nullptr;

  Mock() {
    char error[256];
    handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error, sizeof error);
    if (handle == nullptr) throw BadConfiguration(std::string("no embedded broker: ") + error);
    cluster = rd_kafka_mock_cluster_new(handle, 1);
    if (cluster == nullptr) {
      rd_kafka_destroy(handle);
      throw BadConfiguration("the embedded broker could not open a loopback port");
    }
  }
  ~Mock() {
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(handle);
  }
  Mock(const Mock&) = delete;
  Mock& operator=(const Mock&) = delete;

  // The mock lists its brokers as host:port,...; there is one.
  [[nodiscard]] std::uint16_t port() const {
    const std::string address = rd_kafka_mock_cluster_bootstraps(cluster);
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }
};

// Copies bytes between each client and the mock, on one thread. Only bootstrap connections pass
// here, so neither throughput nor their number matters.
class EmbeddedBroker::Relay {
 public:
  Relay(std::uint16_t port, std::uint16_t target)
      : acceptor_(context_), target_(asio::ip::address_v4::loopback(), target) {
    boost::system::error_code error;
    const tcp::endpoint local(asio::ip::address_v4::loopback(), port);
    acceptor_.open(local.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(local, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      throw BadConfiguration("port " + std::to_string(port) + " is taken (" + error.message() +
                             "); set ORDERFLOW_BROKER_PORT to a free one");
    }
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }

  ~Relay() {
    context_.stop();
    thread_.join();
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  using Socket = std::shared_ptr<tcp::socket>;

  asio::awaitable<void> accept() {
    while (true) {
      boost::system::error_code error;
      auto client = std::make_shared<tcp::socket>(context_);
      co_await acceptor_.async_accept(*client, asio::redirect_error(asio::use_awaitable, error));
      if (error) {
        // Out of descriptors, say: another try at once would find the same.
        asio::steady_timer pause(context_, kAcceptPause);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      asio::co_spawn(context_, serve(std::move(client)), asio::detached);
    }
  }

  asio::awaitable<void> serve(Socket client) {
    boost::system::error_code error;
    auto server = std::make_shared<tcp::socket>(context_);
    co_await server->async_connect(target_, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    client->set_option(tcp::no_delay(true), error);
    server->set_option(tcp::no_delay(true), error);
    asio::co_spawn(context_, copy(server, client), asio::detached);
    co_await copy(client, server);
  }

  static asio::awaitable<void> copy(Socket from, Socket to) {
    std::array<char, 16384> bytes{};
    boost::system::error_code error;
    while (!error) {
      const std::size_t size = co_await from->async_read_some(
          asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      co_await asio::async_write(*to, asio::buffer(bytes.data(), size),
                                 asio::redirect_error(asio::use_awaitable, error));
    }
    // One side is gone: end the other half too.
    boost::system::error_code ignored;
    from->close(ignored);
    to->close(ignored);
  }

  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  tcp::endpoint target_;
  std::thread thread_;
};

EmbeddedBroker::EmbeddedBroker(std::uint16_t port, const std::vector<TopicSpec>& topics,
                               Logger& logger)
    : mock_(std::make_unique<Mock>()) {
  for (const TopicSpec& topic : topics) {
    const auto error =
        rd_kafka_mock_topic_create(mock_->cluster, topic.name.c_str(), topic.partitions, 1);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw BadConfiguration("topic " + topic.name + ": " + rd_kafka_err2str(error));
    }
  }
  relay_ = std::make_unique<Relay>(port, mock_->port());
  logger.info("embedded broker ready", {{"port", relay_->port()}});
}

EmbeddedBroker::~EmbeddedBroker() = default;

std::uint16_t EmbeddedBroker::port() const { return relay_->port(); }

}  // namespace orderflow::core
