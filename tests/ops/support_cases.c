/* All lists of cases as one. */
#include "tests/ops/cases.h"

#include <stddef.h>

static const struct case_list *const lists[] = {
    &cases_convolution, &cases_norm,    &cases_pointwise, &cases_pooling, &cases_matrix, &cases_optimizer,
    &cases_average,
    &cases_broadcast,
    &cases_reduce,
    &cases_movement,    &cases_resample, &cases_transposed,
};
#define LISTS (sizeof lists / sizeof *lists)

int case_count(void)
{
    int count = 0;
    for (size_t i = 0; i < LISTS; i++)
        count += lists[i]->count;
    return count;
}

const struct op_case *case_at(int index)
{
    size_t list = 0;
    while (list < LISTS && index >= lists[list]->count)
        index -= lists[list++]->count;
    return list < LISTS ? &lists[list]->row[index] : NULL;
}
