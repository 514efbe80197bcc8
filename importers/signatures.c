/* Signatures kept once: first each tensor's kind gets a number, then the list of them. */
#include <string.h>

#include "importers/job_int.h"

static enum status find_dtype(struct job *self, const char *dtype, const char **kept)
{
    const int most = (int)(sizeof self->dtype / sizeof self->dtype[0]);

    for (int i = 0; i < self->dtypes; i++) {
        if (self->dtype[i] == dtype || strcmp(self->dtype[i], dtype) == 0) {
            *kept = self->dtype[i];
            return STATUS_OK;
        }
    }
    if (self->dtypes == most)
        return FAIL(UNSUPPORTED, "more than %d types of elements", most);
    *kept = self->dtype[self->dtypes++] = dtype;
    return STATUS_OK;
}

/* Only what is meant, so that equal kinds have equal bytes. */
static enum status find_kind(struct job *self, const struct tensor_kind *kind, int32_t *number)
{
    struct tensor_kind key;
    int dims = kind->dims > TENSOR_MAX_DIMS ? TENSOR_MAX_DIMS : kind->dims;

    memset(&key, 0, sizeof key);
    if (kind->dtype)
        TRY(find_dtype(self, kind->dtype, &key.dtype));
    key.dims = dims;
    key.has_strides = kind->has_strides;
    key.blocked = kind->blocked;
    for (int i = 0; i < dims; i++) {
        key.size[i] = kind->size[i];
        key.stride[i] = kind->has_strides ? kind->stride[i] : 0;
    }
    return intern_bytes(&self->kinds, &key, sizeof key, number);
}

enum status job_signature(struct job *job, const struct signature *signature, int32_t *number)
{
    union {
        struct signature_head head;
        char bytes[sizeof(struct signature_head) + SIGNATURE_TENSORS * sizeof(struct signature_use)];
    } key;
    const int tensors = signature->tensors < SIGNATURE_TENSORS ? signature->tensors : SIGNATURE_TENSORS;

    memset(&key.head, 0, sizeof key.head);
    key.head.tensors = tensors;
    key.head.left_out = signature->left_out + signature->tensors - tensors;
    key.head.arguments = -1;
    if (signature->arguments)
        TRY(job_word(job, signature->arguments, strlen(signature->arguments), &key.head.arguments));
    for (int i = 0; i < tensors; i++) {
        const struct tensor_use *tensor = &signature->tensor[i];
        struct signature_use *use = &key.head.use[i];
        memset(use, 0, sizeof *use);
        TRY(find_kind(job, &tensor->kind, &use->kind));
        use->position = (int16_t)tensor->position;
        use->out = tensor->out;
    }
    return intern_bytes(&job->signatures, &key, sizeof key.head + (size_t)tensors * sizeof(struct signature_use), number);
}

const struct signature_head *job_signature_of(const struct job *job, int32_t signature)
{
    return (const struct signature_head *)(const void *)intern_text(&job->signatures, signature);
}

enum status job_tensors(struct job *job, int64_t record_id, const struct signature *signature,
                        const struct tensor_identity *identity)
{
    const int tensors = signature->tensors < SIGNATURE_TENSORS ? signature->tensors : SIGNATURE_TENSORS;
    int32_t number;

    TRY(job_signature(job, signature, &number));
    return sidecar_add(&job->sidecar, record_id, number, tensors, identity);
}
