#include "node/memory.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace podsnoop {

namespace {

/// Of the program itself, which comes first: what is only run or read. Nothing is lost of that, since it is as in the file.
int forget_pages(dl_phdr_info* program, std::size_t, void*) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (std::size_t i = 0; i < program->dlpi_phnum; ++i) {
        const auto& segment = program->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
        const std::uintptr_t begin = program->dlpi_addr + segment.p_vaddr, end = begin + segment.p_memsz;
        const std::uintptr_t first = begin / page * page;
        // NOLINTNEXTLINE(performance-no-int-to-ptr): the place is known as a number only
        static_cast<void>(::madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED));
    }
    return 1;  // no other object
}

}  // namespace

void give_back_memory() {
    static_cast<void>(::malloc_trim(0));
    ::dl_iterate_phdr(forget_pages, nullptr);
}

}  // namespace podsnoop
