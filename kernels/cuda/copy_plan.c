/* Choosing between the kernels of copy.cu. */
#include "kernels/cuda/copy_plan.h"

#include <string.h>

/* Below that many elements along either side a tile is mostly empty: NCHW images of 3 channels. */
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

/* Whether vectors of `width` along dimension `along` of operand i stay aligned and inside. */
static bool takes_vectors(const struct iteration *walk, int i, int along, int width)
{
    if (walk->size[along].divisor % width != 0)
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

static bool plan_tiles(struct copy_tiles *tiles, const struct iteration *walk, enum dtype from, enum dtype to)
{
    int dim = walk->dims > 1 && walk->stride[0][0] == 1 && walk->count > 0 ? turned_dim(walk) : 0;
    if (dim == 0 || walk->size[0].divisor < TURN_LEAST || walk->size[dim].divisor < TURN_LEAST)
        return false;
    *tiles = (struct copy_tiles){.to_dtype = to, .from_dtype = from};
    tiles->rows = walk->size[dim].divisor;
    tiles->columns = walk->size[0].divisor;
    tiles->to_step = walk->stride[0][dim];
    tiles->from_step = walk->stride[1][0];
    tiles->to_vectors = takes_vectors(walk, 0, 0, width_of(to));
    tiles->from_vectors = takes_vectors(walk, 1, dim, width_of(from));
    batch_of(&tiles->batch, walk, dim);
    int64_t down = tiles_of(tiles->rows), across = tiles_of(tiles->columns);
    tiles->tiles = down * across * tiles->batch.count;
    tiles->tiles_down = fast_divisor_make(down, tiles->tiles);
    tiles->tiles_across = fast_divisor_make(across, tiles->tiles);
    return true;
}

void copy_plan_init(struct copy_plan *plan, const struct tensor *from, const struct tensor *to)
{
    const struct tensor *const operand[] = {to, from};
    int most = width_of(from->dtype) < width_of(to->dtype) ? width_of(from->dtype) : width_of(to->dtype);
    memset(plan, 0, sizeof *plan);
    plan->whole = (struct copy_walk){.to_dtype = to->dtype, .from_dtype = from->dtype, .width = 1};
    iteration_init(&plan->whole.walk, operand, 2);
    plan->rows = plan->whole;
    if (plan->rows.walk.stride[1][0] == 1 && iteration_vectorize(&plan->rows.walk, 2, most, &plan->rows.tail))
        plan->rows.width = most;
    else
        plan->turns = plan_tiles(&plan->tiles, &plan->whole.walk, from->dtype, to->dtype);
}

static bool is_aligned(const void *pointer)
{
    return (uintptr_t)pointer % 16 == 0;
}

cudaError_t copy_plan_launch(const struct copy_plan *plan, const struct launch_on *on, const void *from, void *to)
{
    if (plan->turns) {
        struct copy_tiles tiles = plan->tiles;
        tiles.from = from;
        tiles.to = to;
        tiles.from_vectors = tiles.from_vectors && is_aligned(from);
        tiles.to_vectors = tiles.to_vectors && is_aligned(to);
        return cuda_launch_copy_tiles(on, &tiles);
    }
    bool vectors = plan->rows.width > 1 && is_aligned(from) && is_aligned(to);
    struct copy_walk walk = vectors ? plan->rows : plan->whole;
    walk.from = from;
    walk.to = to;
    return cuda_launch_copy_walk(on, &walk);
}
