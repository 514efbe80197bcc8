/* Identity of tensors within a chunk: told ones are made numbers, others inferred. */
#ifndef IMPORTERS_PASSES_IDENTITY_H
#define IMPORTERS_PASSES_IDENTITY_H

#include "importers/chunk.h"

/* Numbers of persistent tensors start here, those of a chunk's own at 0: both are op_tensor_def.tensor and never meet.
 */
#define PERSISTENT_NUMBERS ((int64_t)1 << 30)
/* From here on, persistent tensors that no operator takes as a parameter: constants, a batch that never changes. */
#define CONSTANT_NUMBERS (PERSISTENT_NUMBERS + (PERSISTENT_NUMBERS >> 1))

/* Where the recorder tells no identity: output tensors and who feeds whom, where only one answer is possible. */
enum status identity_infer(struct chunk *chunk);

#endif
