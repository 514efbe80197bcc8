/* A product of matrices for each sample. */
#include "kernels/ref/ref.h"

static void compute_bmm(const struct op_call *call)
{
    const struct tensor *a = call->in[0], *b = call->in[1], *output = call->out[0];
    int64_t rows = output->size[1], columns = output->size[2], inner = a->size[2];
    for (int64_t i = 0; i < tensor_count(output); i++) {
        int64_t sample = i / columns / rows, row = i / columns % rows;
        double sum = 0;
        for (int64_t k = 0; k < inner; k++)
            sum += ref_load(a, (sample * rows + row) * inner + k) * ref_load(b, (sample * inner + k) * columns + i % columns);
        ref_store(output, i, sum);
    }
}
REF_OP(bmm)
