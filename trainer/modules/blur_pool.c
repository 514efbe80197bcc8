/* timm's BlurPool2d: the edge mirrored, then a depthwise convolution with a fixed 3x3 filter. */
#include "trainer/build.h"

/* [1 2 1] x [1 2 1] / 16 for each channel: a buffer that state_dict leaves out. */
static int blur_filter(struct build *build, int channels)
{
    int64_t size[4] = {channels, 1, 3, 3};
    struct tensor tensor = tensor_make(DTYPE_FLOAT32, 4, size, FORMAT_CONTIGUOUS);
    int filter = graph_add_value(build->graph, &tensor, VALUE_BUFFER);
    build->graph->value[filter].module = build->module;
    build->graph->value[filter].init = (struct init){INIT_BLUR, 0};
    return filter;
}

int build_blur_pool2d(struct build *build, const char *name, int x, int stride)
{
    static const int padding[] = {1, 1, 1, 1};
    if (build->status != STATUS_OK)
        return -1;
    int channels = build_channels(build, x);
    union op_attrs attrs = {.conv = {.stride = {stride, stride}, .dilation = {1, 1}, .groups = channels}};
    build_enter(build, name, "BlurPool2d");
    x = build_pad2d(build, NULL, x, OP_REFLECTION_PAD2D, padding, 0);
    x = build_op(build, OP_CONVOLUTION, &attrs, (int[]){x, blur_filter(build, channels), -1});
    build_leave(build);
    return x;
}
