/* Names of kernels as people read them, each kept once: records repeat them, and the trace wants them to stay. */
#ifndef PROFILER_CUPTI_NAMES_H
#define PROFILER_CUPTI_NAMES_H

#include "base/intern.h"

struct kernel_texts {
    struct intern mangled;  /* as CUPTI gives them */
    char **plain;           /* by number of the mangled one; equal to it where nothing demangles it */
    int plain_count, plain_room;
    char *(*demangle)(const char *, char *, size_t *, int *); /* the C++ runtime's; NULL = there is none */
};

void kernel_texts_init(struct kernel_texts *self);
void kernel_texts_release(struct kernel_texts *self);

/* The plain name; "" for none told, NULL when there is no memory. Owned by self. */
const char *kernel_text(struct kernel_texts *self, const char *mangled);

#endif
