/* Where the plugin's failures go. */
#ifndef KERNELS_CUDA_HOST_STATUS_H
#define KERNELS_CUDA_HOST_STATUS_H

#include "kernels/plugin.h"

void host_status_set(const struct plugin_host *host);

#endif
