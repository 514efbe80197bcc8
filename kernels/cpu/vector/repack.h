/*
 * A float32 weight into one of oneDNN's blocked layouts, as the kernel repack_weight wants it described.
 *
 * The destination is made of lines: `width` words of neighbours along one dimension (`wide`), where a word is one
 * float32, or two bfloat16 that are neighbours along another dimension (`deep`). oneDNN's AcdB64a2b, AcdB16b64a2b and
 * ABcd8b16a2b, their mirror images for backward data, and float32's Acdb64a and ABcd16b16a are all of this kind. Sizes
 * are in elements, strides of the source in elements, strides of the destination in words.
 */
#ifndef KERNELS_CPU_VECTOR_REPACK_H
#define KERNELS_CPU_VECTOR_REPACK_H

#include <stdbool.h>
#include <stdint.h>

struct repack_axis {
    int64_t size;
    int64_t from, to; /* strides; `to` of wide and deep: from block to block */
};

struct repack {
    struct repack_axis group, row, column; /* of the kernel; (1, columns) where both sides run through rows evenly */
    struct repack_axis wide, deep;         /* one of wide.from, deep.from, column.from is 1 */
    bool paired;                           /* bfloat16 */
    int64_t width;                         /* words of a line */
    int64_t wide_blocks;                   /* blocks of `width`; what lies beyond wide.size is written as 0 */
    int64_t lines;                         /* along deep; what lies beyond deep.size is written as 0 */
    int64_t block_lines;                   /* consecutive lines of a deep block */
};

#endif
