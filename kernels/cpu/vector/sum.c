/* Sum over any dimensions of a tensor of any strides. */
#include <omp.h>

#include "kernels/cpu/vector/data_kernels.h"
#include "kernels/cpu/vector/norm_kernels.h"
#include "kernels/cpu/vector/rows.h"
#include "kernels/cpu/vector/sum.h"
#include "kernels/cpu/vector/transpose.h"

#define BLOCK 256    /* results side by side; a multiple of PAIR_WIDTH */
#define TILE 32      /* of them one behind the other, where the output lies in another order than the input */
#define FLUSH 128    /* additions in float32 before the sum goes to a double */

/* All rows of a matrix into one row: threads share the columns. */
static void sum_rows(const struct op_call *call, const struct sum_plan *plan, void *scratch, int threads)
{
    const struct tensor *x = call->in[0], *y = call->out[0];
    int64_t columns = plan->kept.size[0];
    struct norm_rows rows = norm_rows_make(columns, plan->reduced.size[0]);
    struct rows_part part = rows_part_of(&rows, 0, 1);
    double *sum = scratch;
    float *zero = (float *)(sum + rows.lanes);
    struct reduce_source source = {.x = x->data, .shift = zero};
    memset(sum, 0, (size_t)rows.lanes * sizeof *sum);
    memset(zero, 0, (size_t)rows.lanes * sizeof *zero);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int t = 0; t < threads; t++)
        VECTOR_NAME(rows_reduce)
        (x->dtype, REDUCE_SUM, &source, &part, norm_split(rows.lanes / 32, t, threads) * 32,
         norm_split(rows.lanes / 32, t + 1, threads) * 32, sum, NULL);
    for (int64_t lane = columns; lane < rows.lanes; lane++)
        sum[lane % columns] += sum[lane];
    for (int64_t c = 0; c < columns; c++)
        zero[c] = (float)sum[c];
    floats_store(y->dtype, y->data, 0, columns, zero);
}

static int64_t count_of(const struct sum_dims *dims, int first)
{
    int64_t count = 1;
    for (int d = 0; d < first; d++)
        count *= dims->size[d];
    return count;
}

/* Offset in the input of combination `index` of the first `first` dimensions. */
static int64_t offset_of(const struct sum_dims *dims, int first, int64_t index)
{
    int64_t offset = 0;
    for (int d = first - 1; d >= 0; d--) {
        offset += index % dims->size[d] * dims->in[d];
        index /= dims->size[d];
    }
    return offset;
}

VECTOR_INLINE void add_run(enum dtype dtype, const void *x, int64_t at, int64_t count, float *sum)
{
    int64_t i = 0;
    for (; i < count; i += PAIR_WIDTH) {
        struct vpair part = i + PAIR_WIDTH <= count ? pair_load(dtype, x, at + i)
                                                    : pair_load_part(dtype, x, at + i, count - i);
        lanes_store(sum, i, lanes_load(sum, i) + part.a);
        lanes_store(sum, i + LANES, lanes_load(sum, i + LANES) + part.b);
    }
}

static void flush(enum dtype dtype, int64_t count, float *sum, double *total)
{
    for (int64_t i = 0; i < count; i++)
        total[i] += (double)sum[pair_place(dtype, i)];
    memset(sum, 0, BLOCK * sizeof *sum);
}

/* `count` results at once, neighbours in the input from element `at` on; `total` when float32 does not do. */
static void add_all(const struct tensor *x, const struct sum_dims *reduced, int64_t at, int64_t count, float *sum,
                    double *total)
{
    int last = reduced->dims - 1, since = 0;
    int64_t runs = last < 0 ? 1 : reduced->size[last], step = last < 0 ? 0 : reduced->in[last];
    for (int64_t o = 0; o < count_of(reduced, last); o++) {
        int64_t from = at + offset_of(reduced, last, o);
        for (int64_t r = 0; r < runs; r++, from += step) {
            VECTOR_FOR_DTYPE(x->dtype, add_run, x->data, from, count, sum);
            if (!total || ++since < FLUSH)
                continue;
            flush(x->dtype, count, sum, total);
            since = 0;
        }
    }
}

static void sum_block(const struct tensor *x, const struct sum_dims *reduced, int64_t at, int64_t count, float *result)
{
    float sum[BLOCK];
    memset(sum, 0, (size_t)(count + PAIR_WIDTH - 1) / PAIR_WIDTH * PAIR_WIDTH * sizeof *sum);
    if (count_of(reduced, reduced->dims) <= FLUSH) {
        add_all(x, reduced, at, count, sum, NULL);
        for (int64_t i = 0; i < count; i += PAIR_WIDTH)
            pair_to_natural(x->dtype, sum + i, result + i);
        return;
    }
    double total[BLOCK] = {0};
    add_all(x, reduced, at, count, sum, total);
    flush(x->dtype, count, sum, total);
    for (int64_t i = 0; i < count; i++)
        result[i] = (float)total[i];
}

/* Kept dimensions other than those of a tile, the tile's dimension (-1 = none), and the one that blocks run along. */
struct sum_tiles {
    struct sum_dims outer;
    int64_t rows, row_in, row_out; /* the tile's dimension */
    int64_t lanes, lane_out;
};

static struct sum_tiles make_tiles(const struct sum_dims *kept)
{
    struct sum_tiles tiles = {.rows = 1};
    int last = kept->dims - 1, tile = -1;
    tiles.lanes = kept->size[last];
    tiles.lane_out = kept->out[last];
    for (int d = 0; d < last && tiles.lane_out != 1; d++)
        tile = kept->out[d] == 1 ? d : tile;
    for (int d = 0; d < last; d++) {
        if (d != tile)
            sum_insert(&tiles.outer, kept->size[d], kept->in[d], kept->out[d]);
    }
    if (tile >= 0) {
        tiles.rows = kept->size[tile];
        tiles.row_in = kept->in[tile];
        tiles.row_out = kept->out[tile];
    }
    return tiles;
}

struct sum_item {
    int64_t in, out, rows, lanes;
};

static struct sum_item find_item(const struct sum_tiles *tiles, int64_t index)
{
    struct sum_item item = {0};
    int64_t blocks = (tiles->lanes + BLOCK - 1) / BLOCK, lane = index % blocks * BLOCK;
    index /= blocks;
    int64_t cuts = (tiles->rows + TILE - 1) / TILE, row = index % cuts * TILE;
    index /= cuts;
    item.lanes = tiles->lanes - lane < BLOCK ? tiles->lanes - lane : BLOCK;
    item.rows = tiles->rows - row < TILE ? tiles->rows - row : TILE;
    item.in = lane + row * tiles->row_in;
    item.out = lane * tiles->lane_out + row * tiles->row_out;
    for (int d = tiles->outer.dims - 1; d >= 0; d--) {
        int64_t i = index % tiles->outer.size[d];
        index /= tiles->outer.size[d];
        item.in += i * tiles->outer.in[d];
        item.out += i * tiles->outer.out[d];
    }
    return item;
}

/* Rows of results, in the output's dtype, to where rows are columns. */
static void turn_tile(const struct tensor *y, const struct sum_tiles *tiles, const struct sum_item *item,
                      const float result[][BLOCK])
{
    float tile[TILE][BLOCK];
    int64_t bytes = (int64_t)dtype_bytes(y->dtype);
    for (int64_t r = 0; r < item->rows; r++)
        floats_store(y->dtype, tile[r], 0, item->lanes, result[r]);
    struct transpose_block block = {
        .from = (const char *)tile,
        .to = (char *)y->data + item->out * bytes,
        .from_pitch = sizeof tile[0],
        .to_pitch = tiles->lane_out * bytes,
        .rows = item->rows,
        .columns = item->lanes,
    };
    VECTOR_NAME(transpose_block)(&block, (size_t)bytes, &(struct line_queue){0});
}

static void run_item(const struct op_call *call, const struct sum_plan *plan, const struct sum_tiles *tiles,
                     int64_t index)
{
    const struct tensor *y = call->out[0];
    struct sum_item item = find_item(tiles, index);
    float result[TILE][BLOCK];
    for (int64_t r = 0; r < item.rows; r++)
        sum_block(call->in[0], &plan->reduced, item.in + r * tiles->row_in, item.lanes, result[r]);
    if (tiles->lane_out == 1)
        floats_store(y->dtype, y->data, item.out, item.lanes, result[0]);
    else if (tiles->row_out == 1)
        turn_tile(y, tiles, &item, (const float(*)[BLOCK])result);
    else
        for (int64_t i = 0; i < item.lanes; i++)
            dtype_store(y->data, y->dtype, item.out + i * tiles->lane_out, (double)result[0][i]);
}

/* Neighbours in memory go to different results. */
static void sum_lanes(const struct op_call *call, const struct sum_plan *plan, int threads)
{
    struct sum_tiles tiles = make_tiles(&plan->kept);
    int64_t items = count_of(&tiles.outer, tiles.outer.dims) * ((tiles.rows + TILE - 1) / TILE) *
                    ((tiles.lanes + BLOCK - 1) / BLOCK);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t i = 0; i < items; i++)
        run_item(call, plan, &tiles, i);
}

VECTOR_INLINE void run_sum(enum dtype dtype, const void *x, int64_t at, int64_t count, double *sum)
{
    for (int64_t i = 0; i < count;) {
        int64_t end = count - i < FLUSH * PAIR_WIDTH ? count : i + FLUSH * PAIR_WIDTH;
        struct vpair part = {{0}, {0}};
        for (; i < end; i += PAIR_WIDTH) {
            struct vpair more = i + PAIR_WIDTH <= end ? pair_load(dtype, x, at + i)
                                                      : pair_load_part(dtype, x, at + i, end - i);
            part = (struct vpair){part.a + more.a, part.b + more.b};
        }
        i = end;
        *sum += (double)lanes_sum(part.a) + (double)lanes_sum(part.b);
    }
}

/* One result: runs of neighbours, or single elements where nothing lies side by side. */
static double sum_runs(const struct tensor *x, const struct sum_dims *reduced, int64_t at)
{
    int last = reduced->dims - 1;
    int64_t length = last < 0 ? 1 : reduced->size[last], step = last < 0 ? 1 : reduced->in[last];
    double sum = 0;
    for (int64_t o = 0; o < count_of(reduced, last); o++) {
        int64_t from = at + offset_of(reduced, last, o);
        if (step == 1)
            VECTOR_FOR_DTYPE(x->dtype, run_sum, x->data, from, length, &sum);
        for (int64_t i = 0; i < length && step != 1; i++)
            sum += dtype_load(x->data, x->dtype, from + i * step);
    }
    return sum;
}

static void sum_each(const struct op_call *call, const struct sum_plan *plan, int threads)
{
    const struct tensor *y = call->out[0];
    const struct sum_dims *kept = &plan->kept;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t i = 0; i < tensor_count(y); i++) {
        int64_t in = 0, out = 0, rest = i;
        for (int d = kept->dims - 1; d >= 0; d--) {
            in += rest % kept->size[d] * kept->in[d];
            out += rest % kept->size[d] * kept->out[d];
            rest /= kept->size[d];
        }
        dtype_store(y->data, y->dtype, out, (double)(float)sum_runs(call->in[0], &plan->reduced, in));
    }
}

void VECTOR_NAME(vector_sum)(const struct op_call *call, void *scratch, int threads)
{
    struct sum_plan plan = sum_plan_make(call);
    if (sum_rows_of(&plan))
        sum_rows(call, &plan, scratch, threads);
    else if (plan.kept.dims > 0 && plan.kept.in[plan.kept.dims - 1] == 1)
        sum_lanes(call, &plan, threads);
    else
        sum_each(call, &plan, threads);
}
