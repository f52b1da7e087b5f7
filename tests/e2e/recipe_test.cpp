#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <sstream>

#include "tests/support/instance.hpp"
#include "tests/support/readme_blocks.hpp"
#include "tests/support/shop.hpp"

// The README's recipe for a new step, carried out on a copy of the sources: it builds, survives
// every failure of every step (promises 2, 3 and 6), and an order takes the step.
namespace orderflow::testing {
namespace {

constexpr Millis kBuildDeadline{780'000};

// What the recipe changes in one file.
struct Part {
  std::string file;
  std::string diff;
};

std::vector<Part> recipe() {
  std::vector<Part> parts;
  for (const auto& block : readme_blocks("diff test")) {
    std::istringstream text(block.text);
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with("--- ")) parts.emplace_back();
      if (line.starts_with("+++ b/")) parts.back().file = line.substr(6);
      parts.back().diff += line + "\n";
    }
  }
  return parts;
}

// The sources as they stand, in a folder of their own, changed as the README says.
class ChangedCopy {
 public:
  ChangedCopy() : folder_("recipe") {
    const auto repository = required_variable("ORDERFLOW_TEST_REPO");
    run({"bash", "-c",
         "tar -C '" + repository +
             "' --exclude=./.git --exclude=./.orderflow --exclude=node_modules -cf - ."
             " | tar -xf -"});
    for (const auto& part : recipe()) apply(part, {});
  }

  // Or takes it back, with "-R".
  void apply(const Part& part, const std::vector<std::string>& flags) const {
    INFO("README.md, " << part.file);
    const auto patch = folder_.path() / "recipe.patch";
    std::ofstream(patch) << part.diff;
    std::vector<std::string> command{"git", "apply", patch.string()};
    command.insert(command.end(), flags.begin(), flags.end());
    run(command);
  }

  [[nodiscard]] std::string path() const { return folder_.path().string(); }

  // In its folder; must exit with 0.
  std::string run(const std::vector<std::string>& command, Millis deadline = Millis{60'000}) const {
    auto done = try_to(command, deadline);
    if (done.exit_code != 0) FAIL(command.front() << " says:\n" << last_lines(done.output, 60));
    return std::move(done.output);
  }

  [[nodiscard]] CommandResult try_to(const std::vector<std::string>& command,
                                     Millis deadline) const {
    Environment environment = neutral_environment();
    // Compiled once for all clones; and not part of a repository that the folder may lie in.
    environment["CCACHE_BASEDIR"] = path();
    environment["CCACHE_NOHASHDIR"] = "1";
    environment["GIT_CEILING_DIRECTORIES"] = folder_.path().parent_path().string();
    return run_command(command, environment, folder_.path(), deadline);
  }

  [[nodiscard]] bool compiles(const std::string& file) const {
    const std::string compile =
        "c++ -std=c++20 -fsyntax-only -I. $(pkg-config --cflags libpq) " + file;
    return try_to({"bash", "-c", compile}, kBuildDeadline).exit_code == 0;
  }

  void build() const {
    const std::string build = path() + "/.orderflow/build/release";
    // It is to be right, not fast.
    run({"cmake", "-S", path(), "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
         "-DCMAKE_CXX_FLAGS_RELEASE=-O0", "-DORDERFLOW_TESTS=ON"},
        kBuildDeadline);
    run({"cmake", "--build", build, "--target", "orderflow", "orderflow-supervisor",
         "simulation_tests"},
        kBuildDeadline);
  }

 private:
  TemporaryFolder folder_;
};

Json step_of(const Json& status, const std::string& name) {
  for (const auto& step : status.at("saga").at("steps")) {
    if (step.at("name") == name) return step;
  }
  return nullptr;
}

TEST_CASE("the README's recipe for a new step works to the letter", "[e2e]") {
  REQUIRE(recipe().size() >= 6);
  const ChangedCopy copy;
  copy.build();
  (void)copy.run({copy.path() + "/.orderflow/build/release/tests/simulation_tests",
                  "the order saga survives every failure of every step"},
                 kBuildDeadline);

  Instance instance;
  instance.use_clone(copy.path());
  (void)instance.up("embedded");
  const Shop shop(instance.http());
  const auto order = shop.place();
  CHECK(shop.await_end(order) == "DELIVERED");
  const auto status = shop.status(order);
  CHECK(status.at("saga").at("steps").front().at("name") == "address");
  CHECK(step_of(status, "address").at("state") == "done");

  // Asked before anybody is charged, and its answer counts.
  const auto user = shop.new_user(1'000);
  const auto refused = shop.place(shop.body_with_line2(user, "simulate:no-carrier"));
  CHECK(shop.await_end(refused) == "CANCELLED");
  CHECK(shop.order(refused).at("failure").at("code") == "no_carrier");
  CHECK(step_of(shop.status(refused), "address").at("state") == "refused");
  CHECK(step_of(shop.status(refused), "payment").at("state") == "not_started");
  CHECK(shop.balance(user) == 1'000);

  // There is nothing of it to be undone when the payment is refused.
  const auto poor = shop.place(shop.new_user(1), shop.new_product(1'000));
  CHECK(shop.await_end(poor) == "PAYMENT_FAILED");
  const auto audit = instance.orderflow({"audit"});
  INFO(audit.output);
  CHECK(audit.exit_code == 0);
}

// Messages that lack a schema fail a contract test instead.
TEST_CASE("no part of the README's recipe can be forgotten: what is left does not compile",
          "[e2e]") {
  const ChangedCopy copy;
  std::vector<std::string> sources;
  for (const auto& part : recipe()) {
    if (part.file.ends_with(".cpp") && !part.file.starts_with("tests/"))
      sources.push_back(part.file);
  }
  REQUIRE(sources.size() >= 4);
  for (const auto& source : sources) {
    INFO(source);
    REQUIRE(copy.compiles(source));
  }
  const auto compile = [&](const std::string& source) { return copy.compiles(source); };
  for (const auto& part : recipe()) {
    const bool code = part.file.ends_with(".cpp") || part.file.ends_with(".hpp");
    if (!code || part.file.starts_with("tests/")) continue;
    INFO("without the change of " << part.file);
    copy.apply(part, {"-R"});
    CHECK_FALSE(std::all_of(sources.begin(), sources.end(), compile));
    copy.apply(part, {});
  }
}

}  // namespace
}  // namespace orderflow::testing
