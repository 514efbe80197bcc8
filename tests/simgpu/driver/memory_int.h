/* What the signal handler asks memory.c. */
#ifndef SIMGPU_MEMORY_INT_H
#define SIMGPU_MEMORY_INT_H

#include <stddef.h>

/* What touching an address that may not be touched means. */
void simgpu_memory_explain(const void *at, char *text, size_t text_bytes);

#endif
