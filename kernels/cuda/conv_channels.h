/*
 * Channels that a convolution's input is padded to for cuDNN's tensor-core kernels: where, how far, and why.
 *
 * What is known. cuDNN's float16 and bfloat16 kernels for channels_last read 16 bytes at once, so C_in and C_out are to be multiples of
 * 8; of 3-channel images "padding to 4 channels is sufficient if a stride of 2 is used" (NVIDIA, Convolutional Layers User's Guide,
 * checklist; CUTLASS has such kernels as `fprop_fixed_channels ... align4`). cuDNN takes any C and "may use padding" by itself (its
 * documentation, Legacy API); version 9 does: profiles of bfloat16 stems show nhwcAddPaddingKernel twice a convolution, before an
 * `nhwc_align8` kernel, and one saw 3 channels become 128, a fifth of the step. So padding is a pass over memory in either case, and
 * ours is the shorter: it writes 4 channels, where cuDNN writes 8 or more.
 *
 * The rule is that of XLA (cudnn_pad_for_convolutions.cc), the one in the field that was set by measuring and is on for everybody:
 * 3 input channels become 4 where there are 32 or 64 output channels, for which cuDNN has an algorithm of its own; others become
 * the next multiple of 8, unless the tensor grows by more than 1.35. So 1, 3 (to 96 output channels) and 5 stay what they are, 12
 * becomes 16. Two differences: bfloat16 is as float16, since its kernels are; output channels are never padded, and where they are no
 * multiple of 8 neither is the input, since the output would be written twice and its gradient read twice more. Not measured: there
 * was no GPU. PyTorch has no option for this, so clprof has none.
 */
#ifndef KERNELS_CUDA_CONV_CHANNELS_H
#define KERNELS_CUDA_CONV_CHANNELS_H

#include "kernels/op.h"

/*
 * Channels of input and weight as cuDNN gets them, computing in that dtype and format; 0: as they are. Of one group, not transposed.
 * `in`, `out`: channels of the forward pass's input and output.
 */
int64_t conv_channels_padded(enum dtype dtype, enum memory_format format, const struct conv_attrs *attrs, int64_t in, int64_t out);

#endif
