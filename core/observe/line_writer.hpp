#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace orderflow::core {

// Writes whole lines to a descriptor, each at once, so that a process which is killed or crashes
// leaves all of them, and never waits for the reader: a line for which the descriptor has no room
// (a pipe that nobody reads) is lost and counted. A pipe takes 4 KiB (PIPE_BUF) without waiting; a
// longer line may wait for the rest, or be cut off where the descriptor does not wait. Safe from
// any thread; does not own the descriptor.
class LineWriter {
 public:
  // The line that says how many were lost; written before the next one for which there is room.
  using NoteOfLoss = std::function<std::string(std::int64_t lost)>;

  LineWriter(int descriptor, NoteOfLoss note);
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Without its line end.
  void write(std::string_view line);

 private:
  [[nodiscard]] bool put(std::string_view line);

  int descriptor_;
  NoteOfLoss note_;
  std::mutex mutex_;
  std::int64_t lost_ = 0;
  bool cut_off_ = false;
};

}  // namespace orderflow::core
