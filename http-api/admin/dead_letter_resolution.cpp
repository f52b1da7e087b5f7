#include "http-api/admin/dead_letter_resolution.hpp"

#include <nlohmann/json.hpp>

#include "core/values/shard.hpp"
#include "events/codec.hpp"
#include "http-api/admin/saga_groups.hpp"
#include "http-api/middleware/keyed_write.hpp"
#include "schemas/installation.hpp"

namespace orderflow::http_api {
namespace {

using core::PgParams;

core::OutgoingMessage message_of(const FullDeadLetterRow& full, std::int32_t partition_count,
                                 const std::string& installation) {
  core::OutgoingMessage message;
  message.topic = full.letter.topic;
  message.key = full.key;
  message.partition = core::partition_of_key(full.key, partition_count);
  message.body = full.body;
  const auto headers = nlohmann::json::parse(full.headers.text);
  for (const auto& [name, value] : headers.items()) {
    if (name == events::kReplayedHeader || name == events::kInstallationHeader) continue;
    message.headers.add(name, value.get<std::string>());
  }
  if (!installation.empty()) message.headers.add(events::kInstallationHeader, installation);
  message.headers.add(events::kReplayedHeader, std::to_string(full.letter.attempts));
  return message;
}

// Why the message can never be put back, whoever tries again. Ends the transaction.
struct NotReplayable {
  std::string why;
};

// It is not to be put back now. Ends the transaction.
struct KafkaIsDown {};

// One resolution, within its transaction.
class Resolving {
 public:
  Resolving(core::PgSession& session, const DeadLetterTable& table, MessageReplayer& replayer,
            const ResolveDeadLetter& wanted, const domain::Operator& who)
      : session_(session), table_(table), replayer_(replayer), wanted_(wanted), who_(who) {}

  Checked<Response> run() {
    KeyedWrite write;
    write.key = wanted_.key;
    write.check = [this](core::PgTransaction& transaction) { return check(transaction); };
    write.effect = [this](core::PgTransaction& transaction) { return apply(transaction); };
    try {
      return keyed_write(session_, write);
    } catch (const NotReplayable& never) {
      return refuse(conflict("not_replayable", never.why + " Discard it, or mend that first."));
    } catch (const KafkaIsDown&) {
      return refuse(unavailable(
          "Kafka does not answer, so nothing can be put back; the dead letter stays open. Replay "
          "it once /health says that kafka is up."));
    }
  }

 private:
  std::optional<Problem> check(core::PgTransaction& transaction) {
    letter_ = lock_dead_letter(transaction, table_, wanted_.id);
    if (!letter_) return not_found("dead letter");
    if (!letter_->letter.resolution) return std::nullopt;
    return conflict("already_resolved", "The dead letter was " + *letter_->letter.resolution +
                                            " already; if the message failed again, that is "
                                            "another dead letter.");
  }

  StoredAnswer apply(core::PgTransaction& transaction) {
    if (wanted_.resolution == Resolution::kReplayed) {
      // Else all that wait behind this one would learn it in turn.
      if (replayer_.kafka_is_down()) throw KafkaIsDown{};
      const auto partitions = schemas::read_partition_count(session_).value_or(1);
      const auto message =
          message_of(*letter_, partitions, schemas::read_installation_id(session_));
      if (message.body.empty()) {
        throw NotReplayable{"The message has no body (a tombstone), so nobody can process it."};
      }
      if (const auto refusal = replayer_.publish(message))
        throw NotReplayable{refusal->text() + "."};
    }
    const std::string name(name_of(wanted_.resolution));
    PgParams params;
    params.uuid(wanted_.id).text(name).text(who_.name).text(wanted_.reason);
    (void)transaction.execute(table_.resolve, params);
    domain::record(transaction, who_,
                   {"dead_letter." + name, wanted_.id, wanted_.reason,
                    JsonObject().field("topic", letter_->letter.topic).text()});
    // Without the message, since the answer is kept with its key.
    const auto resolved = find_dead_letter(session_, table_, wanted_.id);
    return {200, "", dead_letter_json(resolved.value().letter)};
  }

  core::PgSession& session_;
  const DeadLetterTable& table_;
  MessageReplayer& replayer_;
  const ResolveDeadLetter& wanted_;
  const domain::Operator& who_;
  std::optional<FullDeadLetterRow> letter_;
};

}  // namespace

std::string_view name_of(Resolution resolution) {
  return resolution == Resolution::kReplayed ? "replayed" : "discarded";
}

Checked<Response> resolve(core::PgSession& session, const DeadLetterTable& table,
                          MessageReplayer& replayer, const ResolveDeadLetter& wanted,
                          const domain::Operator& who) {
  return Resolving(session, table, replayer, wanted, who).run();
}

}  // namespace orderflow::http_api
