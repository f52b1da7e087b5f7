#include "core/kafka/refusal.hpp"

namespace orderflow::core {
namespace {

// Null: the error may pass.
const char* remedy_of(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
      return "raise max.message.bytes of the topic, and ORDERFLOW_KAFKA_MESSAGE_MAX_BYTES where it "
             "is set";
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
      return "set message.timestamp.type=LogAppendTime for the topic, or raise its "
             "message.timestamp.before.max.ms and message.timestamp.after.max.ms";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return "allow this client's user (ORDERFLOW_KAFKA_SASL_USERNAME) Read, Write and Describe on "
             "the topic, e.g. with kafka-acls";
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return "allow this client's user (ORDERFLOW_KAFKA_SASL_USERNAME) Read on the consumer group, "
             "e.g. with kafka-acls";
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
      return "another program with another assignor is a member of this consumer group; end it, or "
             "set ORDERFLOW_TOPIC_PREFIX";
    case RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED:
      return "raise group.max.size of the brokers, or run fewer processes";
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
      return "the brokers must allow sessions of 6 s: lower their group.min.session.timeout.ms";
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return "allow this client's user (ORDERFLOW_KAFKA_SASL_USERNAME) IdempotentWrite on the "
             "cluster, and Create where topics are missing, e.g. with kafka-acls";
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
      return "check what the topic demands of records (cleanup.policy, message.format.version)";
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG: return "ask who made the cluster's policy of topics";
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
      return "choose another ORDERFLOW_KAFKA_COMPRESSION_TYPE";
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
      return "set ORDERFLOW_REPLICATION_FACTOR to no more than the cluster has brokers";
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS: return "check ORDERFLOW_PARTITIONS";
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: return "check ORDERFLOW_TOPIC_PREFIX";
    default: return nullptr;
  }
}

}  // namespace

std::string Refusal::text() const {
  std::string text = "Kafka answers " + error;
  if (!topic.empty()) text += " on topic " + topic;
  if (partition >= 0) text += " partition " + std::to_string(partition);
  return text + " (" + detail + "): " + remedy;
}

std::optional<Refusal> refusal_of(rd_kafka_resp_err_t error, const std::string& topic,
                                  std::int32_t partition) {
  const char* remedy = remedy_of(error);
  if (remedy == nullptr) return std::nullopt;
  return Refusal{topic, partition, rd_kafka_err2name(error), rd_kafka_err2str(error), remedy};
}

}  // namespace orderflow::core
