/* Convolutions. */
#include "trainer/build.h"

int build_conv2d(struct build *build, const char *name, int x, struct conv2d conv)
{
    if (build->status != STATUS_OK)
        return -1;
    int groups = conv.groups ? conv.groups : 1, stride = conv.stride ? conv.stride : 1;
    int dilation = conv.dilation ? conv.dilation : 1;
    int64_t in_channels = build_channels(build, x);
    int64_t size[4] = {conv.out_channels, in_channels / groups, conv.kernel, conv.kernel};
    double area = (double)conv.kernel * conv.kernel, fan_in = (double)size[1] * area, fan_out = conv.out_channels * area;
    build_enter(build, name, "Conv2d");
    int weight = build_parameter(build, "weight", 4, size, build_weight_init(build->conv_init, fan_in, fan_out));
    int bias = conv.bias ? build_parameter(build, "bias", 1, size, build_bias_init(build->conv_init, fan_in)) : -1;
    union op_attrs attrs = {.conv = {.stride = {stride, stride}, .padding = {conv.padding, conv.padding},
                                     .dilation = {dilation, dilation}, .groups = groups}};
    int y = build_op(build, OP_CONVOLUTION, &attrs, (int[]){x, weight, bias, -1});
    build_leave(build);
    return y;
}
