/* Threads over an image. */
#include "kernels/cuda/image_kernel.h"

struct image_strides image_strides_of(const struct tensor *tensor)
{
    const int64_t *stride = tensor->stride;
    int last = tensor->dims - 1;
    return (struct image_strides){stride[0], stride[1], tensor->dims == 5 ? stride[2] : 0, stride[last - 1], stride[last]};
}

/* Whether vectors of `width` channels can be taken everywhere. */
static bool takes_vectors(const struct tensor *tensor, int width)
{
    if (tensor->stride[1] != 1 || tensor->size[1] % width != 0)
        return false;
    for (int d = 0; d < tensor->dims; d++)
        if (d != 1 && tensor->size[d] > 1 && tensor->stride[d] % width != 0)
            return false;
    return true;
}

/* Threads of `width` channels each. */
static struct image_walk walk_of(const struct tensor *target, int width)
{
    int last = target->dims - 1;
    struct image_walk walk = {.rows = target->stride[1] == 1 && target->size[1] > 1, .width = width};
    walk.count = tensor_count(target) / width;
    walk.c = fast_divisor_make(target->size[1] / width, walk.count);
    walk.d = fast_divisor_make(target->dims == 5 ? target->size[2] : 1, walk.count);
    walk.h = fast_divisor_make(target->size[last - 1], walk.count);
    walk.w = fast_divisor_make(target->size[last], walk.count);
    return walk;
}

struct image_walk image_walk_make(const struct tensor *target, const struct tensor *const *others, int count)
{
    int width = (int)(16 / dtype_bytes(target->dtype));
    bool vectors = target->size[1] > 1 && takes_vectors(target, width);
    for (int i = 0; i < count; i++)
        vectors = vectors && takes_vectors(others[i], width);
    return walk_of(target, vectors ? width : 1);
}

struct image_walk image_walk_narrow(const struct tensor *target)
{
    return walk_of(target, 1);
}
