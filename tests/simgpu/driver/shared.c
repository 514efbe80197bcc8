/*
 * Shared memory is the kernels' thread-local memory (simt.h). Before a launch it is filled with NaNs, since a block finds it in an
 * undefined state on a device and must not count on zeros.
 */
#define _GNU_SOURCE
#include <link.h>
#include <string.h>

#include "tests/simgpu/driver/simt_int.h"

struct search {
    const struct simt_kernel *kernel;
    char *memory;
    size_t bytes;
};

static int look_at(struct dl_phdr_info *library, size_t size, void *context)
{
    struct search *search = context;
    ElfW(Addr) function;
    bool holds = false;

    (void)size;
    memcpy(&function, &search->kernel->function, sizeof function);
    for (int i = 0; i < library->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &library->dlpi_phdr[i];
        ElfW(Addr) first = library->dlpi_addr + part->p_vaddr;
        holds = holds || (part->p_type == PT_LOAD && function >= first && function < first + part->p_memsz);
        if (part->p_type != PT_TLS || !library->dlpi_tls_data)
            continue;
        search->memory = (char *)library->dlpi_tls_data + part->p_filesz; /* behind what has an initial value */
        search->bytes = part->p_memsz - part->p_filesz;
    }
    if (!holds)
        search->memory = NULL;
    return holds;
}

void simt_fill_shared(const struct simt_kernel *kernel)
{
    struct search search = {.kernel = kernel};

    dl_iterate_phdr(look_at, &search);
    if (search.memory)
        memset(search.memory, 0xff, search.bytes);
}
