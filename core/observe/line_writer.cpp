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

void write_whole(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // There is nobody to tell.
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

LineWriter::LineWriter(int descriptor, NoteOfLoss note)
    : descriptor_(descriptor), note_(std::move(note)) {}

void LineWriter::write(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (lost_ > 0 && has_room(descriptor_)) {
    write_whole(descriptor_, note_(lost_) + '\n');
    lost_ = 0;
  }
  if (!has_room(descriptor_)) {
    ++lost_;
    return;
  }
  write_whole(descriptor_, std::string(line) + '\n');
}

}  // namespace orderflow::core
