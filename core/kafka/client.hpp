#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "core/kafka/security_problem.hpp"
#include "core/observe/log.hpp"

namespace orderflow::core {

struct KafkaOptions;

// Owns one librdkafka instance of either kind and what its callbacks need. Throws BadConfiguration
// when the library refuses a setting.
//
// Destruction is bounded: librdkafka 2.0 may wait for ever for one of its broker threads once the
// cluster was restarted or lost a topic (its issues #3954, #4131 and #4362). After a few seconds
// such an instance is left behind; its threads and sockets end with the process.
class KafkaClient {
 public:
  // What callbacks find as their opaque. `user` is the owner's.
  struct Link {
    std::mutex mutex;
    Logger* logger = nullptr;  // Null once the owner is gone.
    void* user = nullptr;
    std::atomic<bool> cluster_lost{false};
    SaslLogin login;
    std::string security_problem;  // Under the mutex.
  };

  // Takes `conf`, which the owner has filled beyond what all clients share.
  KafkaClient(rd_kafka_type_t type, rd_kafka_conf_t* conf, Logger& logger, void* user);
  ~KafkaClient();
  KafkaClient(const KafkaClient&) = delete;
  KafkaClient& operator=(const KafkaClient&) = delete;

  [[nodiscard]] rd_kafka_t* get() const { return handle_; }

  // Logs nothing from now on.
  void mute();

  // True once no broker was reachable any more, at least for a moment: a cluster that comes back
  // may have forgotten everything. Known after the poll that follows.
  [[nodiscard]] bool cluster_lost() const { return link_->cluster_lost; }

  // Why the brokers do not let this client in, with the remedy: authentication or TLS. Empty:
  // nothing is known of that. Known after the poll that follows.
  [[nodiscard]] std::string security_problem() const;

  // The owner that a callback belongs to.
  template <typename Owner>
  [[nodiscard]] static Owner& owner(void* opaque) {
    return *static_cast<Owner*>(static_cast<Link*>(opaque)->user);
  }

  using Preferences = std::initializer_list<std::pair<const char*, const char*>>;

  // Settings every client shares, and those of the user, which win over `preferences` by whichever
  // of a property's names they come.
  [[nodiscard]] static rd_kafka_conf_t* base_conf(const KafkaOptions& options,
                                                  Preferences preferences = {});
  static void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value);

 private:
  Logger& logger_;
  std::unique_ptr<Link> link_;
  rd_kafka_t* handle_ = nullptr;
};

}  // namespace orderflow::core
