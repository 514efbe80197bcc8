/* Private to safetensors*.c. */
#ifndef TRAINER_SAFETENSORS_INT_H
#define TRAINER_SAFETENSORS_INT_H

#include <stddef.h>

#include "trainer/safetensors.h"

#define SAFETENSORS_PREFIX 8 /* bytes of the header's length */

/* Fills tensors and metadata of `file` (path is set) from the header's text, which a NUL ends. */
enum status safetensors_parse(struct safetensors *file, const char *text, size_t length);

#endif
