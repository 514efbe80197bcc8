/*
 * Upsampling and edge pads, forward and backward, as two sparse matrices. In channels_last a result's pixel is a weighted
 * sum of pixels, vectorised over channels; otherwise a result's row is first the weighted sum of rows, then combined
 * along itself. Weights and sums are float32.
 */
#include "kernels/cpu/vector/resample.h"

#include "kernels/cpu/vector/convert.h"
#include "kernels/cpu/vector/data_kernels.h"

/* What one thread does: items [begin, end) of N*H (rows of pixels) or N*C*H (rows of one channel). */
struct resample_part {
    const struct resample *map;
    const struct tensor *from, *to;
    float *rows; /* resample_row_floats, for planes */
    int64_t begin, end;
};

VECTOR_INLINE const char *row_at(const struct tensor *tensor, int64_t n, int64_t c, int64_t h)
{
    int64_t at = n * tensor->stride[0] + c * tensor->stride[1] + h * tensor->stride[2];
    return (const char *)tensor->data + at * (int64_t)dtype_bytes(tensor->dtype);
}

/* Channels [c, c + count) of one pixel of the result. */
VECTOR_INLINE vfloat pixel_sum(enum dtype dtype, const struct resample_part *part, int64_t n, int64_t h, int64_t w,
                               int64_t c, int count)
{
    const struct resample_rows *rows = &part->map->h, *columns = &part->map->w;
    const struct tensor *from = part->from;
    vfloat sum = {0};
    for (int32_t a = rows->start[h]; a < rows->start[h + 1]; a++)
        for (int32_t b = columns->start[w]; b < columns->start[w + 1]; b++) {
            int64_t at = n * from->stride[0] + rows->index[a] * from->stride[2] + columns->index[b] * from->stride[3] + c;
            vfloat x = count == VECTOR_WIDTH ? vector_load(dtype, from->data, at)
                                             : vector_load_part(dtype, from->data, at, count);
            sum += vector_set(rows->weight[a] * columns->weight[b]) * x;
        }
    return sum;
}

VECTOR_INLINE void pixel_rows(enum dtype dtype, const struct resample_part *part)
{
    const struct tensor *to = part->to;
    int64_t channels = to->size[1];
    for (int64_t item = part->begin; item < part->end; item++) {
        int64_t n = item / to->size[2], h = item % to->size[2];
        for (int64_t w = 0; w < to->size[3]; w++) {
            int64_t at = n * to->stride[0] + h * to->stride[2] + w * to->stride[3], c = 0;
            for (; c + VECTOR_WIDTH <= channels; c += VECTOR_WIDTH)
                vector_store(dtype, to->data, at + c, pixel_sum(dtype, part, n, h, w, c, VECTOR_WIDTH));
            if (c < channels)
                vector_store_part(dtype, to->data, at + c, (int)(channels - c),
                                  pixel_sum(dtype, part, n, h, w, c, (int)(channels - c)));
        }
    }
}

/* A row of one channel as floats; `raw` holds a row. */
static void load_row(const struct tensor *from, const char *row, float *to, char *raw)
{
    int64_t size = (int64_t)dtype_bytes(from->dtype), step = from->stride[3] * size;
    if (from->stride[3] != 1) {
        for (int64_t i = 0; i < from->size[3]; i++)
            memcpy(raw + i * size, row + i * step, (size_t)size);
        row = raw;
    }
    VECTOR_NAME(convert_row)((char *)to, DTYPE_FLOAT32, row, from->dtype, from->size[3]);
}

static void store_row(const struct tensor *to, char *row, const float *from, char *raw)
{
    int64_t size = (int64_t)dtype_bytes(to->dtype), step = to->stride[3] * size;
    bool direct = to->stride[3] == 1;
    VECTOR_NAME(convert_row)(direct ? row : raw, to->dtype, (const char *)from, DTYPE_FLOAT32, to->size[3]);
    for (int64_t i = 0; !direct && i < to->size[3]; i++)
        memcpy(row + i * step, raw + i * size, (size_t)size);
}

static void plane_row(const struct resample_part *part, int64_t n, int64_t c, int64_t h)
{
    const struct resample_rows *rows = &part->map->h, *columns = &part->map->w;
    const struct tensor *from = part->from, *to = part->to;
    int64_t width = from->size[3], room = resample_row_floats(width, to->size[3]) / 3;
    float *sum = part->rows, *loaded = sum + room, *raw = loaded + room;
    memset(sum, 0, (size_t)width * sizeof *sum);
    for (int32_t a = rows->start[h]; a < rows->start[h + 1]; a++) {
        load_row(from, row_at(from, n, c, rows->index[a]), loaded, (char *)raw);
        for (int64_t i = 0; i < width; i++)
            sum[i] += rows->weight[a] * loaded[i];
    }
    for (int64_t w = 0; w < to->size[3]; w++) {
        float total = 0;
        for (int32_t b = columns->start[w]; b < columns->start[w + 1]; b++)
            total += columns->weight[b] * sum[columns->index[b]];
        loaded[w] = total;
    }
    store_row(to, (char *)row_at(to, n, c, h), loaded, (char *)raw);
}

static void plane_rows(const struct resample_part *part)
{
    const struct tensor *to = part->to;
    for (int64_t item = part->begin; item < part->end; item++) {
        int64_t plane = item / to->size[2];
        plane_row(part, plane / to->size[1], plane % to->size[1], item % to->size[2]);
    }
}

void VECTOR_NAME(vector_resample)(const struct resample *map, const struct tensor *from, const struct tensor *to,
                                  float *rows, int threads)
{
    bool pixels = from->stride[1] == 1 && to->stride[1] == 1 && from->dtype == to->dtype && to->size[1] > 1;
    int64_t items = to->size[0] * to->size[2] * (pixels ? 1 : to->size[1]);
    int64_t room = resample_row_floats(from->size[3], to->size[3]);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) {
        struct resample_part part = {map, from, to, rows + t * room, items * t / threads, items * (t + 1) / threads};
        if (pixels)
            VECTOR_FOR_DTYPE(to->dtype, pixel_rows, &part);
        else
            plane_rows(&part);
    }
}
