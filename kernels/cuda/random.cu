/* Dropout and Bernoulli numbers: draw i of a stream is the i-th output of splitmix64 seeded with the key (base/random.c). */
#include "kernels/cuda/element.cuh"
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/random_kernel.h"

__device__ inline uint32_t random_24_bits(uint64_t key, uint64_t index)
{
    uint64_t z = key + (index + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return static_cast<uint32_t>((z ^ (z >> 31)) >> 40);
}

__global__ void dropout_elements(const struct dropout_args a)
{
    uint64_t first = static_cast<uint64_t>(*a.counter) * static_cast<uint64_t>(a.walk.count);
    FOR_GRID(i, a.walk.count) {
        int64_t offset[4];
        offsets_of(a.walk, i, offset);
        bool kept = random_24_bits(a.key, first + static_cast<uint64_t>(offset[3])) >= a.threshold;
        float value = a.input && kept ? load_any(a.input, a.input_dtype, offset[1]) * a.scale : kept;
        store_any(a.output, a.dtype, offset[0], value);
        if (a.mask)
            a.mask[offset[2]] = kept;
    }
}

extern "C" cudaError_t cuda_launch_dropout(const struct launch_on *on, const struct dropout_args *args)
{
    return launch_grid(on, dropout_elements, args->walk.count, *args);
}
