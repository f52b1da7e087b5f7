#include "core/observe/line_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>

using orderflow::core::LineWriter;

namespace {

// A pipe whose end for reading never waits.
class Pipe {
 public:
  Pipe() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int entrance() const { return ends_[1]; }

  [[nodiscard]] std::string read_all() const {
    REQUIRE(::fcntl(ends_[0], F_SETFL, O_NONBLOCK) == 0);
    std::string text;
    std::array<char, 4096> some{};
    for (ssize_t size = 0; (size = ::read(ends_[0], some.data(), some.size())) > 0;) {
      text.append(some.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

std::string note(std::int64_t lost) { return "lost " + std::to_string(lost); }

}  // namespace

TEST_CASE("a line is out when write() returns") {
  const Pipe pipe;
  LineWriter writer(pipe.entrance(), note);
  writer.write("first");
  CHECK(pipe.read_all() == "first\n");
  writer.write("second");
  CHECK(pipe.read_all() == "second\n");
}

TEST_CASE("nobody waits for a reader; what is lost is counted and told") {
  constexpr int kLines = 1'000;
  const Pipe pipe;
  LineWriter writer(pipe.entrance(), note);
  const std::string line(1'000, 'x');
  for (int i = 0; i < kLines; ++i) writer.write(line);
  const auto kept = static_cast<int>(pipe.read_all().size() / (line.size() + 1));
  CHECK(kept > 10);
  CHECK(kept < kLines);
  writer.write("at last");
  CHECK(pipe.read_all() == note(kLines - kept) + "\nat last\n");
}

TEST_CASE("a line that was cut off is ended before the next one") {
  const Pipe pipe;
  REQUIRE(::fcntl(pipe.entrance(), F_SETFL, O_NONBLOCK) == 0);
  LineWriter writer(pipe.entrance(), note);
  writer.write(std::string(1'000'000, 'x'));  // More than a pipe holds.
  const std::string cut_off = pipe.read_all();
  REQUIRE(cut_off == std::string(cut_off.size(), 'x'));
  writer.write("next");
  CHECK(pipe.read_all() == "\n" + note(1) + "\nnext\n");
}
