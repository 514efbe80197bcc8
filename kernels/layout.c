/* Memory formats from sizes and strides: two predicates that must not be confused, layout_of and layout_suggest. */
#include "kernels/layout.h"

#include <assert.h>

enum { N, C, H, W };

/* Dimensions from the fastest to the slowest in memory. */
static const int order_contiguous[] = {W, H, C, N};
static const int order_channels_last[] = {C, W, H, N};

const char *layout_name(enum memory_format format)
{
    static const char *const names[FORMAT_COUNT] = {
        [FORMAT_CONTIGUOUS] = "contiguous", [FORMAT_CHANNELS_LAST] = "channels_last",
        [FORMAT_EITHER] = "either",         [FORMAT_BLOCKED] = "blocked",
        [FORMAT_STRIDED] = "strided",
    };
    assert((unsigned)format < FORMAT_COUNT);
    return names[format];
}

static bool is_empty(int dims, const int64_t *size)
{
    for (int i = 0; i < dims; i++)
        if (size[i] == 0)
            return true;
    return false;
}

/* Strides as of a dense tensor whose dimensions lie in this order; those of size-1 dimensions carry no meaning. */
static bool strides_follow(const int64_t *size, const int64_t *stride, const int order[4])
{
    int64_t expected = 1;
    for (int i = 0; i < 4; i++) {
        int d = order[i];
        if (size[d] != 1 && stride[d] != expected)
            return false;
        expected *= size[d];
    }
    return true;
}

static bool is_row_major(int dims, const int64_t *size, const int64_t *stride)
{
    int64_t expected = 1;
    for (int d = dims - 1; d >= 0; d--) {
        if (size[d] != 1 && stride[d] != expected)
            return false;
        expected *= size[d];
    }
    return true;
}

enum memory_format layout_of(int dims, const int64_t *size, const int64_t *stride)
{
    if (is_empty(dims, size))
        return FORMAT_CONTIGUOUS;
    bool contiguous = is_row_major(dims, size, stride);
    bool channels_last = dims == 4 && strides_follow(size, stride, order_channels_last);
    if (contiguous && channels_last)
        return FORMAT_EITHER;
    return contiguous ? FORMAT_CONTIGUOUS : channels_last ? FORMAT_CHANNELS_LAST : FORMAT_STRIDED;
}

bool layout_is_dense(int dims, const int64_t *size, const int64_t *stride)
{
    bool used[TENSOR_MAX_DIMS] = {false};
    int64_t expected = 1;

    assert(dims <= TENSOR_MAX_DIMS);
    if (is_empty(dims, size))
        return true;
    /* Each round takes the dimension that continues what is filled so far: at most one can. */
    for (int round = 0; round < dims; round++) {
        int next = -1;
        bool left = false;
        for (int d = 0; d < dims; d++) {
            if (used[d] || size[d] == 1)
                continue;
            left = true;
            if (stride[d] == expected)
                next = d;
        }
        if (!left)
            return true;
        if (next < 0)
            return false;
        used[next] = true;
        expected *= size[next];
    }
    return true;
}

void layout_strides(enum memory_format format, int dims, const int64_t *size, int64_t *stride)
{
    int64_t next = 1;

    assert(format == FORMAT_CONTIGUOUS || format == FORMAT_CHANNELS_LAST);
    for (int i = 0; i < dims; i++) {
        int d = dims == 4 ? (format == FORMAT_CHANNELS_LAST ? order_channels_last : order_contiguous)[i] : dims - 1 - i;
        stride[d] = next;
        next *= size[d] > 1 ? size[d] : 1; /* as PyTorch: an empty dimension does not make the strides 0 */
    }
}

enum memory_format layout_suggest(int dims, const int64_t *size, const int64_t *stride)
{
    int64_t minimum = 0;

    if (dims != 4 || stride[C] == 0)
        return FORMAT_CONTIGUOUS;
    for (int i = 0; i < 4; i++) {
        int d = order_channels_last[i];
        if (size[d] == 0 || stride[d] < minimum)
            return FORMAT_CONTIGUOUS;
        /* N,1,1,1 fresh and N,C,1,1 fresh: all strides say as much for one format as for the other */
        if (d == N && minimum == stride[C])
            return FORMAT_CONTIGUOUS;
        minimum = stride[d] * (size[d] > 1 ? size[d] : 1);
    }
    return FORMAT_CHANNELS_LAST;
}
