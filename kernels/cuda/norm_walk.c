/* How the blocks of a normalisation share the images. */
#include "kernels/cuda/norm_kernel.h"

#define BLOCKS_EACH 8   /* of a multiprocessor */
#define LEAST_TURNS 4   /* of a thread in its part: below, the sums of parts cost more than they save */

static int64_t quotient_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

struct norm_walk norm_walk_make(int64_t images, int64_t channels, int64_t pixels, bool rows, bool by_image, int width,
                                int multiprocessors)
{
    struct norm_walk walk = {.rows = rows, .width = width, .lanes = 1, .channels = channels, .pixels = pixels};
    int64_t vectors = rows ? channels / width : channels, places = rows ? pixels : pixels / width;
    while (rows && walk.lanes < 32 && walk.lanes < vectors)
        walk.lanes *= 2;
    walk.across = quotient_up(vectors, walk.lanes);
    walk.outers = by_image ? images : 1;
    walk.size = by_image ? places : images * places;
    walk.plane = fast_divisor_make(places > 0 ? places : 1, walk.size);
    int64_t least = NORM_BLOCK / walk.lanes * LEAST_TURNS, wanted = (int64_t)multiprocessors * BLOCKS_EACH;
    int64_t splits = quotient_up(wanted, walk.across * walk.outers), most = quotient_up(walk.size, least);
    walk.splits = splits < most ? splits : most;
    walk.splits = walk.splits < 1 ? 1 : walk.splits;
    walk.chunk = quotient_up(walk.size, walk.splits);
    walk.splits = walk.chunk > 0 ? quotient_up(walk.size, walk.chunk) : 1;
    return walk;
}
