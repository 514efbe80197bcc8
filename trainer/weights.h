/*
 * A session's state to and from safetensors files, under PyTorch's names: what `torch.save`'s sibling
 * safetensors.torch.save_file(model.state_dict(), ...) writes drops in, and what is written here loads there.
 */
#ifndef TRAINER_WEIGHTS_H
#define TRAINER_WEIGHTS_H

#include "base/strbuf.h"
#include "trainer/safetensors.h"
#include "trainer/session.h"

enum weights_part {
    WEIGHTS_MODEL, /* parameters and buffers of the model; a checkpoint's other tensors are no extras */
    WEIGHTS_ALL    /* everything that training goes on from */
};

/*
 * Compares the file with the session. Tensors that are missing, extra, of another shape or no floating-point numbers are named
 * in *defects, one line each, and the check fails with CORRUPT, counting them. A missing num_batches_tracked is 0, as in files
 * of old. Nothing of the session changes.
 */
enum status weights_check(const struct session *session, const struct safetensors *file, enum weights_part part,
                          struct strbuf *defects);

/*
 * Reads a checked file into an initialised session. float64, bfloat16 and float16 become float32. With WEIGHTS_MODEL a moving
 * average starts from the same weights.
 */
enum status weights_read(struct session *session, const struct safetensors *file, enum weights_part part);

/* Writes all state, float32, each norm's num_batches_tracked as int64, and the pairs as metadata. Atomic. */
enum status weights_write(struct session *session, const char *path, const struct safetensors_pair *pair, int pairs);

#endif
