/* Conversions by kernels whose names say so: what a library does around its own kernel, inside an operator. */
#include <stdlib.h>

#include "base/array.h"
#include "importers/passes/convert.h"

/* Of an operator, while its kernels pass by in order. */
enum place_among_kernels {
    BEFORE_ITS_WORK, /* operands go into the library's format */
    RIGHT_BEHIND,    /* the next one brings the result back */
};

/* A transposition that does not say which way: operands come before a compute kernel, its result behind it. */
static void set_direction(struct chunk_conversion *conversion, enum place_among_kernels *place)
{
    bool back = *place == RIGHT_BEHIND;
    conversion->from = back ? FORMAT_CHANNELS_LAST : FORMAT_CONTIGUOUS;
    conversion->to = back ? FORMAT_CONTIGUOUS : FORMAT_CHANNELS_LAST;
    *place = BEFORE_ITS_WORK;
}

static struct chunk_conversion make(const struct chunk *chunk, int kernel, const struct kernel_name_facts *facts)
{
    int node = chunk->kernels[kernel].node;
    return (struct chunk_conversion){
        .node = node < 0 ? -1 : chunk->nodes[node].operator_,
        .kernel = kernel,
        .copy = -1,
        .source = -1,
        .dest = -1,
        .kind = -1,
        .cause = CAUSE_LIBRARY,
        .from = facts->from,
        .to = facts->to,
        .source_dtype = facts->source_dtype,
        .dest_dtype = facts->dest_dtype,
        .bytes_read = -1,
        .bytes_written = -1,
        .padded = facts->padded,
    };
}

enum status convert_by_kernel(struct converter *self)
{
    struct chunk *chunk = self->chunk;
    enum place_among_kernels *place = NULL;
    const struct kernel_name_facts *facts;
    enum status status;

    TRY_OUT(array_make(&place, chunk->nodes_count, sizeof *place));
    for (int i = 0; i < chunk->kernels_count; i++) {
        const struct chunk_kernel *kernel = &chunk->kernels[i];
        TRY_OUT(facts_of_kernel(chunk, kernel->name, &facts));
        int holder = kernel->node < 0 ? -1 : chunk->nodes[kernel->node].operator_;
        if (facts->role == ROLE_COUNT && holder >= 0 && kernel->kind == SPAN_KERNEL)
            place[holder] = RIGHT_BEHIND;
        else if (facts->role == ROLE_COMPUTE && holder >= 0)
            place[holder] = BEFORE_ITS_WORK; /* a helper of the table: it fills for the next one, or ends the last one */
        if (facts->role != ROLE_CONVERSION)
            continue;
        struct chunk_conversion conversion = make(chunk, i, facts);
        if (holder >= 0 && conversion.from == FORMAT_COUNT)
            set_direction(&conversion, &place[holder]);
        status = array_room(&chunk->conversions, &chunk->conversions_room, chunk->conversions_count, sizeof conversion);
        if (status != STATUS_OK)
            goto out;
        chunk->conversions[chunk->conversions_count++] = conversion;
    }
out:
    free(place);
    return status;
}
