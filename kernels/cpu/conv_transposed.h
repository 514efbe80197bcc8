/* aten::convolution and its backward with conv.transposed set; the other files of convolution hand such calls on. */
#ifndef KERNELS_CPU_CONV_TRANSPOSED_H
#define KERNELS_CPU_CONV_TRANSPOSED_H

#include "kernels/cpu/device.h"

/* As op_impl's prepare. */
enum status conv_transposed_prepare(struct device *device, const struct op_call *call, struct op_prepared **out);

#endif
