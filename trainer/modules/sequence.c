/* Convolutions over sequences (N,C,L) and products of matrices for each sample. */
#include "trainer/build.h"

int build_conv1d(struct build *build, const char *name, int x, int out_channels)
{
    if (build->status != STATUS_OK)
        return -1;
    int64_t size[3] = {out_channels, build_channels(build, x), 1};
    build_enter(build, name, "Conv1d");
    int weight = build_parameter(build, "weight", 3, size,
                                 build_weight_init(WEIGHT_DEFAULT, (double)size[1], out_channels));
    union op_attrs attrs = {.conv = {.stride = {1}, .dilation = {1}, .groups = 1}};
    int y = build_op(build, OP_CONVOLUTION, &attrs, (int[]){x, weight, -1});
    build_leave(build);
    return y;
}

int build_bmm(struct build *build, int a, int b)
{
    return build_op(build, OP_BMM, NULL, (int[]){a, b, -1});
}
