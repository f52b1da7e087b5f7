#include "core/observe/line_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace orderflow::core {
namespace {

// True as well where the write will fail.
bool has_room(int descriptor) {
  pollfd waiting{.fd = descriptor, .events = POLLOUT, .revents = 0};
  return ::poll(&waiting, 1, 0) != 0;
}

// How much of the text was written: all of it, unless there is no reader any more, or the
// descriptor does not wait and has no room for the rest.
std::size_t write_most(int descriptor, std::string_view text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = ::write(descriptor, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    done += static_cast<std::size_t>(written);
  }
  return done;
}

}  // namespace

LineWriter::LineWriter(int descriptor, NoteOfLoss note)
    : descriptor_(descriptor), note_(std::move(note)) {}

void LineWriter::write(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (lost_ > 0 && put(note_(lost_))) lost_ = 0;
  if (!put(line)) ++lost_;
}

// A line that was cut off is ended before the next one, which would otherwise be lost with it.
bool LineWriter::put(std::string_view line) {
  if (!has_room(descriptor_)) return false;
  const std::string text = (cut_off_ ? "\n" : "") + std::string(line) + '\n';
  const std::size_t written = write_most(descriptor_, text);
  if (written > 0) cut_off_ = written < text.size();
  return written == text.size();
}

}  // namespace orderflow::core
