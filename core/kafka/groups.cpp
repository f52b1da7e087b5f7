#include "core/kafka/groups.hpp"

namespace orderflow::core {

tl::expected<ClientIds, std::string> member_client_ids(rd_kafka_t* client, const std::string& group,
                                                       Duration timeout) {
  // Until a broker is connected the list would wait for a second at a time.
  const rd_kafka_metadata_t* metadata = nullptr;
  auto error = rd_kafka_metadata(client, 0, nullptr, &metadata, to_ms(timeout));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(rd_kafka_err2str(error));
  rd_kafka_metadata_destroy(metadata);
  const rd_kafka_group_list* groups = nullptr;
  error = rd_kafka_list_groups(client, group.c_str(), &groups, to_ms(timeout));
  std::vector<std::string> ids;
  for (int g = 0; groups != nullptr && g < groups->group_cnt; ++g) {
    const auto& found = groups->groups[g];
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = found.err;
    for (int m = 0; m < found.member_cnt; ++m) ids.emplace_back(found.members[m].client_id);
  }
  if (groups != nullptr) rd_kafka_group_list_destroy(groups);
  // The embedded broker tells nobody.
  if (error == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE) return {};
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(rd_kafka_err2str(error));
  return ids;
}

}  // namespace orderflow::core
