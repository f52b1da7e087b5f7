// Writes the seeds that follow from the repository, so that they cannot grow old: each message
// schema's examples, page tokens, and what the tests say a peer may send. `fuzz_seeds FOLDER` makes
// FOLDER/TARGET/….
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/values/uuid.hpp"
#include "http-api/server/page.hpp"
#include "tests/support/wire_cases.hpp"

namespace orderflow::fuzz {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

void write_seed(const fs::path& folder, const std::string& name, const std::string& text) {
  fs::create_directories(folder);
  std::ofstream(folder / name, std::ios::binary) << text;
}

int write_messages(const fs::path& folder) {
  int written = 0;
  for (const auto& entry : fs::directory_iterator(ORDERFLOW_SOURCE_DIR "/schemas/json")) {
    const std::string type = entry.path().stem().string();
    std::ifstream file(entry.path());
    const json schema = json::parse(file);
    for (const json& example : schema.value("examples", json::array())) {
      write_seed(folder, type + "-" + std::to_string(written++), type + "\n" + example.dump());
    }
  }
  return written;
}

void write_page_tokens(const fs::path& folder) {
  const auto position = core::Uuid::parse("018f2b6a-5c1e-7d3f-9a77-0c2d4e5f6a7b");
  for (const std::string list : {"orders\n", "payments\n", "orders\nstatus=PAID\n"}) {
    const std::string name = list.substr(0, list.find('\n'));
    write_seed(folder, name + "-" + std::to_string(list.size()),
               name + "\n" + http_api::encode_page_token(list, *position));
  }
  write_seed(folder, "plain", "orders\n" + http_api::encode_page_token("orders", *position));
}

void write_requests(const fs::path& folder) {
  int written = 0;
  for (const auto& one : testing::wire_cases()) {
    write_seed(folder, "case-" + std::to_string(written++),
               one.bytes + one.endless + one.endless + one.endless);
  }
}

}  // namespace
}  // namespace orderflow::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fuzz_seeds FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  if (orderflow::fuzz::write_messages(folder / "message") == 0) {
    std::fprintf(stderr, "fuzz_seeds: schemas/json has no examples\n");
    return 1;
  }
  orderflow::fuzz::write_page_tokens(folder / "page_token");
  orderflow::fuzz::write_requests(folder / "http_request");
  return 0;
}
