/* Reads oneDNN's descriptor of a blocked weight into the plan that the vector kernel repack_weight runs by. */
#include "kernels/cpu/steps_int.h"

struct blocked {
    int dims, blocks;
    const int64_t *size, *padded, *stride, *block, *block_dim;
    dnnl_data_type_t type;
};

static const int64_t *vector_of(const_dnnl_memory_desc_t desc, dnnl_query_t what)
{
    const dnnl_dims_t *values = NULL;

    dnnl_memory_desc_query(desc, what, &values);
    return *values;
}

/* False unless the descriptor is all that a layout is: no compensation, no offset, nothing but strides and blocks. */
static bool read_blocked(const_dnnl_memory_desc_t desc, struct blocked *out)
{
    dnnl_format_kind_t kind = dnnl_format_kind_undef;
    int64_t offset = 0;

    dnnl_memory_desc_query(desc, dnnl_query_format_kind, &kind);
    dnnl_memory_desc_query(desc, dnnl_query_submemory_offset_s64, &offset);
    if (kind != dnnl_blocked || offset != 0)
        return false;
    dnnl_memory_desc_query(desc, dnnl_query_ndims_s32, &out->dims);
    dnnl_memory_desc_query(desc, dnnl_query_inner_nblks_s32, &out->blocks);
    dnnl_memory_desc_query(desc, dnnl_query_data_type, &out->type);
    out->size = vector_of(desc, dnnl_query_dims);
    out->padded = vector_of(desc, dnnl_query_padded_dims);
    out->stride = vector_of(desc, dnnl_query_strides);
    out->block = vector_of(desc, dnnl_query_inner_blks);
    out->block_dim = vector_of(desc, dnnl_query_inner_idxs);
    return true;
}

/* Finds [lines of deep] [wide] [pair of deep] in the inner blocks; the first is optional, the last is bfloat16's. */
static bool read_inner(const struct blocked *to, struct repack *plan, int *wide, int *deep)
{
    int weight = to->dims - 4, at = to->blocks - 1; /* weight: the first dimension after the groups, O */

    plan->paired = to->type == dnnl_bf16;
    if (plan->paired && (at < 1 || to->block[at--] != 2))
        return false;
    if (at < 0 || at > 1 || (to->block_dim[at] != weight && to->block_dim[at] != weight + 1))
        return false;
    *wide = (int)to->block_dim[at];
    *deep = 2 * weight + 1 - *wide;
    plan->width = to->block[at];
    plan->block_lines = at == 1 ? to->block[0] : 1;
    return (at == 0 || to->block_dim[0] == *deep) && (!plan->paired || to->block_dim[to->blocks - 1] == *deep);
}

static struct repack_axis axis_of(const struct blocked *from, const struct blocked *to, int dim, int64_t words)
{
    return (struct repack_axis){from->size[dim], from->stride[dim], to->stride[dim] / words};
}

/* Kernel rows that follow each other evenly on both sides become columns of one row. */
static void join_rows(struct repack *plan)
{
    struct repack_axis *row = &plan->row, *column = &plan->column;
    bool even = row->from == column->size * column->from && row->to == column->size * column->to;

    if (column->size == 1)
        *column = *row;
    else if (row->size == 1 || even)
        column->size *= row->size;
    else
        return;
    *row = (struct repack_axis){.size = 1};
}

/* Everything of the destination must be written, and nothing beyond it. */
static bool covers(const struct repack *plan, const struct blocked *to, int wide, int deep, size_t bytes)
{
    int64_t planes = plan->group.size * plan->row.size * plan->column.size;
    int64_t words = plan->wide_blocks * plan->width * plan->lines;

    return (size_t)(planes * words) * sizeof(float) == bytes && plan->lines % plan->block_lines == 0 &&
           plan->wide_blocks * plan->width == to->padded[wide] &&
           plan->lines * (plan->paired ? 2 : 1) == to->padded[deep];
}

bool steps_plan_repack(const_dnnl_memory_desc_t source, const_dnnl_memory_desc_t dest, struct repack *plan)
{
    struct blocked from, to;
    int wide, deep;

    *plan = (struct repack){0};
    if (!read_blocked(source, &from) || !read_blocked(dest, &to) || from.blocks > 0 || from.type != dnnl_f32 ||
        (to.type != dnnl_f32 && to.type != dnnl_bf16) || to.dims < 4 || to.dims > 5 ||
        !read_inner(&to, plan, &wide, &deep))
        return false;
    int64_t words = plan->paired ? 2 : 1;
    plan->wide = axis_of(&from, &to, wide, words);
    plan->deep = axis_of(&from, &to, deep, words);
    plan->row = axis_of(&from, &to, to.dims - 2, words);
    plan->column = axis_of(&from, &to, to.dims - 1, words);
    plan->group = to.dims == 5 ? axis_of(&from, &to, 0, words) : (struct repack_axis){.size = 1};
    plan->wide_blocks = to.padded[wide] / plan->width;
    plan->lines = to.padded[deep] / words;
    join_rows(plan);
    bool contiguous = plan->deep.from == 1 || plan->wide.from == 1 || (plan->column.from == 1 && plan->row.size == 1);
    return contiguous && covers(plan, &to, wide, deep, dnnl_memory_desc_get_size(dest));
}
