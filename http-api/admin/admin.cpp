#include "http-api/admin/admin.hpp"

#include <map>
#include <string_view>

#include "core/kafka/options.hpp"
#include "core/pg/settings.hpp"
#include "http-api/admin/dead_letter_keys.hpp"
#include "http-api/admin/dead_letters.hpp"
#include "http-api/admin/held_events.hpp"
#include "http-api/admin/sagas.hpp"
#include "http-api/server/context_sessions.hpp"

namespace orderflow::http_api {
namespace {

constexpr Policy kReadSaga{.context = "admin", .resource = "order", .scope = Scope::kOperator};
// What operators ask for happens in the orders context.
constexpr Policy kAskSaga{.context = "admin",
                          .resource = "order",
                          .scope = Scope::kOperator,
                          .body = BodyUse::kOptionalJson,
                          .key = KeyUse::kOptional,
                          .keys_of = "orders"};
constexpr Policy kChangeSaga{.context = "admin",
                             .resource = "order",
                             .scope = Scope::kOperator,
                             .body = BodyUse::kJson,
                             .key = KeyUse::kOptional,
                             .keys_of = "orders"};
constexpr Policy kReadLetter{
    .context = "admin", .resource = "dead letter", .scope = Scope::kOperator};
constexpr Policy kReplay{.context = "admin",
                         .resource = "dead letter",
                         .scope = Scope::kOperator,
                         .body = BodyUse::kOptionalJson,
                         .key = KeyUse::kOptional,
                         .keys_of = DeadLetterKeys::kName};
constexpr Policy kDiscard{.context = "admin",
                          .resource = "dead letter",
                          .scope = Scope::kOperator,
                          .body = BodyUse::kJson,
                          .key = KeyUse::kOptional,
                          .keys_of = DeadLetterKeys::kName};

// Each waits for Kafka, in turn: one that many stand before had better come again.
constexpr std::size_t kReplaysWaitingMax = 20;

class Admin final : public ApiContext {
 public:
  Admin(const ApiEnvironment& environment, OrderRequests& requests, OwnerNotifier& notifier,
        const KeyStores& keys)
      : orders_(context_sessions(environment, "orderflow_orders")),
        payments_(context_sessions(environment, "orderflow_payments")),
        delivery_(context_sessions(environment, "orderflow_delivery")),
        replays_(replay_sessions(environment)),
        sagas_(std::make_shared<AdminSagas>(
            AdminSagas::Sessions{*orders_,
                                 {{events::kPayments.name, payments_.get()},
                                  {events::kDelivery.name, delivery_.get()}}},
            requests, notifier)),
        letters_(std::make_shared<AdminDeadLetters>(
            places(keys), std::make_shared<MessageReplayer>(
                              core::kafka_options(environment.settings, "orderflow-replay"),
                              environment.logger, environment.health))),
        held_(std::make_shared<AdminHeldEvents>(*orders_, requests)),
        letter_keys_(stores_of_owners(keys)) {}

  std::vector<Route> routes() override {
    return {
        {Method::kGet, "/admin/sagas", bind(sagas_, &AdminSagas::list), kReadSaga},
        {Method::kGet, "/admin/sagas/{id}", bind(sagas_, &AdminSagas::get), kReadSaga},
        {Method::kPost, "/admin/sagas/bulk", bind(sagas_, &AdminSagas::bulk), kChangeSaga},
        {Method::kPost, "/admin/sagas/{id}/retry", bind(sagas_, &AdminSagas::retry), kAskSaga},
        {Method::kPost, "/admin/sagas/{id}/cancel", bind(sagas_, &AdminSagas::cancel), kAskSaga},
        {Method::kPost, "/admin/sagas/{id}/skip", bind(sagas_, &AdminSagas::skip), kChangeSaga},
        {Method::kPost, "/admin/sagas/{id}/pause", bind(sagas_, &AdminSagas::pause), kAskSaga},
        {Method::kPost, "/admin/sagas/{id}/resume", bind(sagas_, &AdminSagas::resume), kAskSaga},
        {Method::kGet, "/admin/dead-letters", bind(letters_, &AdminDeadLetters::list), kReadLetter},
        {Method::kGet, "/admin/dead-letters/{id}", bind(letters_, &AdminDeadLetters::get),
         kReadLetter},
        {Method::kPost, "/admin/dead-letters/{id}/replay",
         bind(letters_, &AdminDeadLetters::replay), kReplay},
        {Method::kPost, "/admin/dead-letters/{id}/discard",
         bind(letters_, &AdminDeadLetters::discard), kDiscard},
        {Method::kGet, "/admin/held-events", bind(held_, &AdminHeldEvents::list), kReadSaga},
        {Method::kPost, "/admin/held-events/{id}/release", bind(held_, &AdminHeldEvents::release),
         kAskSaga},
    };
  }

  KeyStore* keys() override { return &letter_keys_; }

  void request_stop() override {
    orders_->request_stop();
    payments_->request_stop();
    delivery_->request_stop();
    for (const auto& [source, pool] : replays_) pool->request_stop();
  }

  void stop() override {
    orders_->stop();
    payments_->stop();
    delivery_->stop();
    for (const auto& [source, pool] : replays_) pool->stop();
  }

 private:
  using Pools = std::map<std::string_view, std::shared_ptr<core::SessionPool>>;

  [[nodiscard]] core::SessionPool& sessions_of(std::string_view source) const {
    return source == events::kPayments.name   ? *payments_
           : source == events::kDelivery.name ? *delivery_
                                              : *orders_;
  }

  [[nodiscard]] std::vector<AdminDeadLetters::Place> places(const KeyStores& keys) const {
    std::vector<AdminDeadLetters::Place> places;
    for (const DeadLetterTable& table : dead_letter_tables()) {
      const KeyStore& store = *keys.at(events::find_role(table.source)->schema);
      places.push_back(
          {table, sessions_of(table.source), *replays_.at(table.source), *store.table()});
    }
    return places;
  }

  // One session for the letters of each owner.
  static Pools replay_sessions(const ApiEnvironment& environment) {
    Pools pools;
    for (const DeadLetterTable& table : dead_letter_tables()) {
      pools.emplace(table.source,
                    std::make_shared<core::SessionPool>(
                        environment.settings.get(core::kDatabaseUrl),
                        front_end_session(table.database_role), 1, kReplaysWaitingMax));
    }
    return pools;
  }

  static std::vector<KeyStore*> stores_of_owners(const KeyStores& keys) {
    std::vector<KeyStore*> stores;
    for (const events::Role& owner : events::kOwners) stores.push_back(keys.at(owner.schema));
    return stores;
  }

  std::shared_ptr<core::SessionPool> orders_;
  std::shared_ptr<core::SessionPool> payments_;
  std::shared_ptr<core::SessionPool> delivery_;
  Pools replays_;
  std::shared_ptr<AdminSagas> sagas_;
  std::shared_ptr<AdminDeadLetters> letters_;
  std::shared_ptr<AdminHeldEvents> held_;
  DeadLetterKeys letter_keys_;
};

}  // namespace

std::unique_ptr<ApiContext> make_admin(const ApiEnvironment& environment, OrderRequests& requests,
                                       OwnerNotifier& notifier, const KeyStores& keys) {
  return std::make_unique<Admin>(environment, requests, notifier, keys);
}

}  // namespace orderflow::http_api
