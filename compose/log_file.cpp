#include "compose/log_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace orderflow::compose {

LogFile::LogFile(std::filesystem::path path) : path_(std::move(path)) {
  std::filesystem::create_directories(path_.parent_path());
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), path_.string());
}

LogFile::~LogFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

LogFile::LogFile(LogFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

void LogFile::rotate_above(std::uintmax_t bytes_max) {
  std::error_code ignored;
  const auto size = std::filesystem::file_size(path_, ignored);
  if (ignored || size <= bytes_max) return;
  auto older = path_;
  older += ".1";
  std::filesystem::copy_file(path_, older, std::filesystem::copy_options::overwrite_existing,
                             ignored);
  if (::ftruncate(descriptor_, 0) != 0) {
    // Nothing better can be done here; the next check tries again.
    return;
  }
}

}  // namespace orderflow::compose
