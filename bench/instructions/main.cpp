// orderflow-instructions: without arguments it runs the workloads, to be counted from outside;
// `compare` says what became of the counts. ./orderflow bench instructions does both.
#include <gnu/libc-version.h>
#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/instructions/counts.hpp"
#include "bench/instructions/workload.hpp"

namespace orderflow::bench {

constexpr int kOrders = 100;
constexpr int kPasses = 30;
// What is done once - memory from the system, tables filled on first use - is none of it.
constexpr int kWarmUpPasses = 3;

// callgrind collects inside `measured`, by its name, and ends a part where `told` begins.
[[gnu::noinline]] void measured(const Workload& workload) {
  for (int i = 0; i < kPasses; ++i) workload.pass();
}

[[gnu::noinline]] void told(Counts& operations, const Workload& workload) {
  operations.lines.emplace_back(workload.name, std::int64_t{kPasses} * workload.operations);
}

namespace {

std::string platform() {
#ifdef __clang__
  const std::string compiler = __VERSION__;
#else
  const std::string compiler = "GCC " __VERSION__;
#endif
#ifdef __aarch64__
  const std::string processor = "aarch64";
#else
  const std::string processor = "x86_64";
#endif
  return compiler + ", glibc " + gnu_get_libc_version() + ", " + processor;
}

void run() {
  std::vector<Course> courses;
  courses.reserve(kOrders);
  for (int i = 0; i < kOrders; ++i) courses.push_back(course_of(i));
  Counts operations{platform(), {}};
  for (const auto& make :
       {front_end_workloads, message_workloads, owner_workloads, participant_workloads}) {
    for (const auto& workload : make(courses)) {
      for (int i = 0; i < kWarmUpPasses; ++i) workload.pass();
      measured(workload);
      told(operations, workload);
    }
  }
  fmt::print("{}", text_of(operations));
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// True: no workload rose by more than allowed.
bool compare_files(const std::string& stored, const std::string& operations,
                   const std::string& profile, const std::string& now_path) {
  const Counts now = counts_of_run(parse_counts(content_of(operations)), content_of(profile));
  const Counts before = parse_counts(content_of(stored));
  const Comparison comparison = compare(before, now);
  fmt::print("{}", comparison.table());
  if (!comparison.same_platform && !before.lines.empty()) {
    fmt::print("stored on {}, counted on {}: told, not judged\n", before.platform, now.platform);
  }
  std::ofstream file(now_path);
  file << text_of(now);
  if (!file.flush()) throw std::runtime_error("cannot write " + now_path);
  return !comparison.regressed();
}

}  // namespace
}  // namespace orderflow::bench

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  try {
    if (arguments.size() == 1) {
      orderflow::bench::run();
      return 0;
    }
    if (arguments.size() == 6 && std::string_view(arguments[1]) == "compare") {
      const bool fine =
          orderflow::bench::compare_files(arguments[2], arguments[3], arguments[4], arguments[5]);
      return fine ? 0 : 1;
    }
    fmt::print(stderr, "usage: {} [compare STORED OPERATIONS PROFILE NOW]\n", arguments[0]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "orderflow-instructions: {}\n", error.what());
  }
  return 2;
}
