/* Choosing between the kernels of copy.cu. */
#include "kernels/cuda/copy_plan.h"

#include <assert.h>
#include <string.h>

/* Below that many elements along either side a tile is mostly empty: NCHW images of 3 channels. Their pixels are gathered. */
#define TURN_LEAST 8

static int width_of(enum dtype dtype)
{
    return (int)(16 / dtype_bytes(dtype));
}

/* The dimension of the walk, not the first, along which `from` lies element by element; 0 = none. */
static int turned_dim(const struct iteration *walk)
{
    for (int d = 1; d < walk->dims; d++)
        if (walk->stride[1][d] == 1)
            return d;
    return 0;
}

/* The walk over matrices: without dimension 0 (columns) and `dim` (rows). */
static void batch_of(struct iteration *batch, const struct iteration *walk, int dim)
{
    memset(batch, 0, sizeof *batch);
    batch->count = 1;
    for (int d = 1; d < walk->dims; d++) {
        if (d == dim)
            continue;
        batch->size[batch->dims] = walk->size[d];
        for (int i = 0; i < 2; i++)
            batch->stride[i][batch->dims] = walk->stride[i][d];
        batch->count *= walk->size[d].divisor;
        batch->dims++;
    }
}

/* Whether vectors of `width` along dimension `along` of operand i, `size` long, stay aligned and inside. */
static bool takes_vectors(const struct iteration *walk, int i, int along, int64_t size, int width)
{
    if (size % width != 0)
        return false;
    for (int d = 0; d < walk->dims; d++)
        if (d != along && walk->stride[i][d] % width != 0)
            return false;
    return true;
}

static int64_t tiles_of(int64_t size)
{
    return (size + COPY_TILE - 1) / COPY_TILE;
}

/* `added`: channels of `to` that `from` has not; the walk's fastest dimension, then, has those of `from`. */
static bool plan_tiles(struct copy_tiles *tiles, const struct iteration *walk, enum dtype from, enum dtype to, int64_t added)
{
    int dim = walk->dims > 1 && walk->stride[0][0] == 1 && walk->count > 0 ? turned_dim(walk) : 0;
    if (dim == 0 || walk->size[0].divisor < TURN_LEAST || walk->size[dim].divisor < TURN_LEAST)
        return false;
    *tiles = (struct copy_tiles){.to_dtype = to, .from_dtype = from};
    tiles->rows = walk->size[dim].divisor;
    tiles->from_columns = walk->size[0].divisor;
    tiles->columns = tiles->from_columns + added;
    tiles->to_step = walk->stride[0][dim];
    tiles->from_step = walk->stride[1][0];
    tiles->to_vectors = takes_vectors(walk, 0, 0, tiles->columns, width_of(to));
    tiles->from_vectors = takes_vectors(walk, 1, dim, tiles->rows, width_of(from));
    batch_of(&tiles->batch, walk, dim);
    int64_t down = tiles_of(tiles->rows), across = tiles_of(tiles->columns);
    tiles->tiles = down * across * tiles->batch.count;
    tiles->tiles_down = fast_divisor_make(down, tiles->tiles);
    tiles->tiles_across = fast_divisor_make(across, tiles->tiles);
    return true;
}

/* Dense, its channels side by side: pixels then lie in the order of their numbers. */
static bool has_pixels(const struct tensor *tensor)
{
    return tensor->dims == 4 && tensor_count(tensor) > 0 && (tensor->size[1] == 1 || tensor->stride[1] == 1) &&
           layout_is_dense(tensor->dims, tensor->size, tensor->stride);
}

static struct tensor first_channels(const struct tensor *tensor, int64_t channels)
{
    struct tensor part = *tensor;
    if (part.dims == 4)
        part.size[1] = channels;
    return part;
}

static void plan_pixels(struct copy_pixels *pixels, const struct tensor *from, const struct tensor *to, int64_t channels)
{
    struct tensor from_first = first_channels(from, 1), to_first = first_channels(to, 1);
    const struct tensor *const operand[] = {&to_first, &from_first};

    *pixels = (struct copy_pixels){.to_dtype = to->dtype, .from_dtype = from->dtype, .channels = channels, .from_step = from->stride[1]};
    pixels->count = tensor_count(to) / width_of(to->dtype);
    pixels->tail = tensor_count(to) % width_of(to->dtype);
    pixels->pitch = fast_divisor_make(to->size[1], tensor_count(to));
    iteration_init(&pixels->pixels, operand, 2);
}

void copy_plan_init(struct copy_plan *plan, const struct tensor *from, const struct tensor *to)
{
    int64_t channels = from->dims != 4 || from->size[1] < to->size[1] ? from->size[1] : to->size[1];
    int64_t added = to->dims == 4 ? to->size[1] - channels : 0;
    struct tensor from_part = first_channels(from, channels), to_part = first_channels(to, channels);
    const struct tensor *const operand[] = {&to_part, &from_part};
    int most = width_of(from->dtype) < width_of(to->dtype) ? width_of(from->dtype) : width_of(to->dtype);

    assert(tensor_same_shape(&from_part, &to_part) && (added == 0 || has_pixels(to)));
    memset(plan, 0, sizeof *plan);
    plan->whole = (struct copy_walk){.to_dtype = to->dtype, .from_dtype = from->dtype, .width = 1};
    iteration_init(&plan->whole.walk, operand, 2);
    plan->rows = plan->whole;
    if (added == 0 && plan->rows.walk.stride[1][0] == 1 && iteration_vectorize(&plan->rows.walk, 2, most, &plan->rows.tail)) {
        plan->rows.width = most;
    } else if (plan_tiles(&plan->tiles, &plan->whole.walk, from->dtype, to->dtype, added)) {
        plan->way = COPY_TURNS;
    } else if (has_pixels(to)) {
        plan->way = COPY_GATHERS;
        plan_pixels(&plan->pixels, from, to, channels);
    }
}

static bool is_aligned(const void *pointer)
{
    return (uintptr_t)pointer % 16 == 0;
}

static cudaError_t launch_tiles(const struct copy_plan *plan, const struct launch_on *on, const void *from, void *to)
{
    struct copy_tiles tiles = plan->tiles;
    tiles.from = from;
    tiles.to = to;
    tiles.from_vectors = tiles.from_vectors && is_aligned(from);
    tiles.to_vectors = tiles.to_vectors && is_aligned(to);
    return cuda_launch_copy_tiles(on, &tiles);
}

static cudaError_t launch_pixels(const struct copy_plan *plan, const struct launch_on *on, const void *from, void *to)
{
    struct copy_pixels pixels = plan->pixels;
    pixels.from = from;
    pixels.to = to;
    if (!is_aligned(to)) { /* element by element */
        pixels.tail += pixels.count * width_of((enum dtype)pixels.to_dtype);
        pixels.count = 0;
    }
    return cuda_launch_copy_pixels(on, &pixels);
}

static cudaError_t launch_walk(const struct copy_plan *plan, const struct launch_on *on, const void *from, void *to)
{
    bool vectors = plan->rows.width > 1 && is_aligned(from) && is_aligned(to);
    struct copy_walk walk = vectors ? plan->rows : plan->whole;
    walk.from = from;
    walk.to = to;
    return cuda_launch_copy_walk(on, &walk);
}

cudaError_t copy_plan_launch(const struct copy_plan *plan, const struct launch_on *on, const void *from, void *to)
{
    static cudaError_t (*const ways[])(const struct copy_plan *, const struct launch_on *, const void *, void *) = {
        [COPY_WALKS] = launch_walk, [COPY_TURNS] = launch_tiles, [COPY_GATHERS] = launch_pixels};
    return ways[plan->way](plan, on, from, to);
}
