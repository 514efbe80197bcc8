/* Matrix products. Where two factors differ in dtype, the wider is rounded to the narrower. */
#include "kernels/ref/ref.h"

static enum dtype narrower(enum dtype a, enum dtype b)
{
    return dtype_bytes(b) < dtype_bytes(a) ? b : a;
}

/* Row `row` of a times column `column` of b, in the narrower of the two dtypes. */
static double product_at(const struct tensor *a, const struct tensor *b, int64_t row, int64_t column)
{
    enum dtype dtype = narrower(a->dtype, b->dtype);
    double sum = 0;
    for (int64_t k = 0; k < a->size[1]; k++)
        sum += ref_round(dtype, ref_load_2d(a, row, k)) * ref_round(dtype, ref_load_2d(b, k, column));
    return sum;
}

static void compute_mm(const struct op_call *call)
{
    for (int64_t row = 0; row < call->out[0]->size[0]; row++)
        for (int64_t column = 0; column < call->out[0]->size[1]; column++)
            ref_store_2d(call->out[0], row, column, product_at(call->in[0], call->in[1], row, column));
}
REF_OP(mm)

static void compute_addmm(const struct op_call *call)
{
    for (int64_t row = 0; row < call->out[0]->size[0]; row++)
        for (int64_t column = 0; column < call->out[0]->size[1]; column++) {
            double product = product_at(call->in[1], call->in[2], row, column);
            ref_store_2d(call->out[0], row, column, product + ref_round(call->in[1]->dtype, ref_load(call->in[0], column)));
        }
}
REF_OP(addmm)
