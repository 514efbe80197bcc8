/* Chunks: filled, looked at, worked on. */
#include <stdlib.h>

#include "base/array.h"
#include "importers/chunk_int.h"
#include "importers/job_int.h"

const char *chunk_word(const struct chunk *chunk, int32_t word)
{
    return job_text(chunk->job, word);
}

const struct tensor_kind *chunk_tensor_kind(const struct chunk *chunk, int32_t kind)
{
    return (const struct tensor_kind *)(const void *)intern_text(&chunk->job->kinds, kind);
}

const char *chunk_arguments(const struct chunk *chunk, const struct node *node)
{
    const struct signature_head *signature = job_signature_of(chunk->job, node->signature);
    return signature ? job_text(chunk->job, signature->arguments) : NULL;
}

struct carry *chunk_carry(const struct chunk *chunk)
{
    return chunk->job->process->carry;
}

void chunk_begin(struct chunk *chunk, const struct step_span *step)
{
    chunk->step_index = step ? step->index : -1;
    chunk->start_ns = step ? step->start_ns : 0;
    chunk->dur_ns = step ? step->end_ns - step->start_ns : 0;
    chunk->mode = step ? step->mode : NULL;
    chunk->images = step ? step->images : -1;
    chunk->step_id = -1;
    chunk->nodes_count = chunk->tensors_count = chunk->kernels_count = chunk->conversions_count = 0;
}

static enum status add_tensors(struct chunk *chunk, const struct signature_head *signature, bool out,
                               const struct tensor_identity *identity)
{
    for (int i = 0; i < signature->tensors; i++) {
        const struct signature_use *use = &signature->use[i];
        struct tensor_identity told = identity ? identity[i] : (struct tensor_identity){-1, -1, -1};
        if (use->out == out)
            ARRAY_ADD(chunk, tensors, (struct node_tensor){told.id, told.storage, told.offset, use->kind, use->position, out, false});
    }
    return STATUS_OK;
}

/* The file beside the trace knows more; its signature counts, but arguments that only the span tells stay. */
static enum status find_tensors(struct chunk *chunk, struct node *node)
{
    struct job *job = chunk->job;
    struct tensor_identity told[SIGNATURE_TENSORS];
    const struct sidecar_entry *entry = node->record_id < 0 ? NULL : sidecar_find(&job->sidecar, node->record_id);
    const struct signature_head *signature = job_signature_of(job, entry ? entry->signature : node->signature);

    node->first_tensor = chunk->tensors_count;
    if (entry) {
        TRY(sidecar_identities(&job->sidecar, entry, told));
        if (node->signature < 0 || signature->arguments >= 0)
            node->signature = entry->signature;
    }
    if (signature) {
        TRY(add_tensors(chunk, signature, false, entry ? told : NULL));
        TRY(add_tensors(chunk, signature, true, entry ? told : NULL));
    }
    node->tensors = chunk->tensors_count - node->first_tensor;
    return STATUS_OK;
}

enum status chunk_add_node(struct chunk *chunk, const struct span *span, struct node node)
{
    node.start_ns = span->start_ns;
    node.sequence_number = span->sequence;
    node.record_id = span->record_id;
    node.name = span->name;
    node.lane = span->lane;
    node.signature = span->signature;
    node.forward_thread = span->forward_thread;
    node.level = LEVEL_OPERATOR;
    node.phase = PHASE_COUNT;
    node.forward = node.operator_ = -1;
    TRY(find_tensors(chunk, &node));
    ARRAY_ADD(chunk, nodes, node);
    return STATUS_OK;
}

enum status chunk_add_kernel(struct chunk *chunk, const struct tied_span *tied, int node)
{
    const struct span *span = &tied->span;

    ARRAY_ADD(chunk, kernels, (struct chunk_kernel){
        .start_ns = span->start_ns, .dur_ns = span->dur_ns, .correlation = span->correlation,
        .launch_ns = tied->launch_ns, .bytes = span->bytes, .name = span->name, .lane = span->lane,
        .signature = span->signature, .kind = span->kind, .node = node, .role = ROLE_COUNT});
    return STATUS_OK;
}

static int kernels_in_time(const void *a, const void *b)
{
    const struct chunk_kernel *x = a, *y = b;

    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    if (x->lane != y->lane)
        return x->lane < y->lane ? -1 : 1;
    return x->correlation < y->correlation ? -1 : x->correlation > y->correlation;
}

enum status chunk_work(struct chunk *chunk)
{
    static enum status (*const passes[])(struct chunk *) = {
#define PASS(name, what) import_pass_##name,
#include "importers/passes.def"
#undef PASS
    };

    if (chunk->step_index < 0 && chunk->nodes_count + chunk->kernels_count == 0)
        return STATUS_OK;
    if (chunk->kernels_count > 1)
        qsort(chunk->kernels, (size_t)chunk->kernels_count, sizeof *chunk->kernels, kernels_in_time);
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++)
        TRY(passes[i](chunk));
    return STATUS_OK;
}

void chunk_release(struct chunk *chunk)
{
    free(chunk->nodes);
    free(chunk->tensors);
    free(chunk->kernels);
    free(chunk->conversions);
    chunk->nodes = NULL;
    chunk->tensors = NULL;
    chunk->kernels = NULL;
    chunk->conversions = NULL;
}
