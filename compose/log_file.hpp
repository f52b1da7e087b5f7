// The file that takes a process's output. The process writes to it directly, so a busy or dead
// supervisor never slows it down; that is why a full file is copied to `.1` and emptied in place
// (the writer appends) rather than renamed. A line written in the instant between copy and
// truncation can be lost: these logs are for people, nothing is derived from them.
#pragma once

#include <cstdint>
#include <filesystem>

namespace orderflow::compose {

class LogFile {
 public:
  // Opens or makes the file. Throws std::system_error with the path when it cannot.
  explicit LogFile(std::filesystem::path path);
  ~LogFile();
  LogFile(LogFile&& other) noexcept;
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  LogFile& operator=(LogFile&&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  // Keeps the file below the cap, with one older part beside it. A full disk only costs the copy.
  void rotate_above(std::uintmax_t bytes_max);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace orderflow::compose
