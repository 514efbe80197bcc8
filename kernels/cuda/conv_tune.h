/* torch.backends.cudnn.benchmark: which of several plans of one convolution is the fastest here. */
#ifndef KERNELS_CUDA_CONV_TUNE_H
#define KERNELS_CUDA_CONV_TUNE_H

#include "kernels/cuda/conv_plan.h"

#define CONV_TUNE_MOST 8

/* Runs each plan on memory of its own, zeros; *best = the number of the fastest. A plan that fails is passed over. */
enum status conv_tune(struct device *device, const struct conv_plan *plans, int count, int *best);

#endif
