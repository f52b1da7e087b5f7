#pragma once

namespace orderflow::core {

// Lets freed buffers of a megabyte and more, such as a large page of a list, go back to the kernel
// at once. glibc by itself would keep ever larger ones after the first of them (mallopt(3),
// M_MMAP_THRESHOLD). For the whole process; call before threads begin.
void give_large_buffers_back();

}  // namespace orderflow::core
