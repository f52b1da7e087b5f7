#include "core/async/memory.hpp"

#include <malloc.h>

namespace orderflow::core {
namespace {

constexpr int kLargeBufferBytes = 1 << 20;

}  // namespace

void give_large_buffers_back() { (void)::mallopt(M_MMAP_THRESHOLD, kLargeBufferBytes); }

}  // namespace orderflow::core
