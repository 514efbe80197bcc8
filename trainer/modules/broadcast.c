/* Functions of broadcast operands, and those that take dimensions away or add one. */
#include "trainer/build.h"

int build_mul(struct build *build, int x, int other)
{
    return build_op(build, OP_MUL, NULL, (int[]){x, other, -1});
}

int build_sum(struct build *build, int x, unsigned dims, bool keep)
{
    return build_op(build, OP_SUM, &(union op_attrs){.reduce = {dims, keep}}, (int[]){x, -1});
}

int build_stack(struct build *build, const int *x, int count, int dim)
{
    int in[OP_MAX_IN + 1];
    for (int i = 0; i < count; i++)
        in[i] = x[i];
    in[count] = -1;
    return build_op(build, OP_STACK, &(union op_attrs){.dim = {dim}}, in);
}
