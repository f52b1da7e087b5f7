// orderflow-instructions: without arguments it runs the workloads, to be counted from outside;
// `compare` says what became of the counts. ./orderflow bench instructions does both.
#include <fmt/format.h>
#include <gnu/libc-version.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/instructions/counts.hpp"
#include "bench/instructions/workload.hpp"
#include "core/settings/arguments.hpp"

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
  using namespace orderflow;
  const std::vector<std::string> words(argv + 1, argv + argc);
  std::string stored;
  std::string operations;
  std::string profile;
  std::string now;
  CLI::App app("Runs the hot functions, for a profiler that counts their instructions.",
               "orderflow-instructions");
  auto* compare = app.add_subcommand("compare", "Tells what became dearer");
  compare->add_option("STORED", stored, "the counts to compare with")->required();
  compare->add_option("OPERATIONS", operations, "what this program printed under it")->required();
  compare->add_option("PROFILE", profile, "what the profiler wrote")->required();
  compare->add_option("NOW", now, "file that gets the new counts")->required();
  try {
    if (!core::parse_arguments(app, words)) return 0;
    if (*compare) return bench::compare_files(stored, operations, profile, now) ? 0 : 1;
    bench::run();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "orderflow-instructions: {}\n", error.what());
    return 2;
  }
}
