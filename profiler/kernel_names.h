/*
 * What a device kernel does with layouts, from its name: rows of kernel_names.tsv, each with the library versions it was
 * seen in and a source. Names match by whole tokens (letters, digits, '_'), never by substring: bn_fw_tr_1C11_kernel_NCHW
 * is no conversion.
 */
#ifndef PROFILER_KERNEL_NAMES_H
#define PROFILER_KERNEL_NAMES_H

#include "kernels/observer.h"

struct kernel_name_facts {
    enum kernel_role role;        /* ROLE_COUNT = no row: unknown */
    enum memory_format from, to;  /* of a conversion; FORMAT_COUNT = its name doesn't tell (batched_transpose) */
    const char *source_dtype, *dest_dtype; /* from template arguments ("float", "__half"); NULL = not told */
    bool padded;
};

/* Looks a (demangled or plain) kernel name up. Never fails; the same name gives the same facts. */
void kernel_name_look_up(const char *name, struct kernel_name_facts *facts);

#endif
