/* Finding clprof_nccl.so, joining a group, and the operator that takes means over it. */
#include "kernels/cuda/collective.h"

#include <dlfcn.h>
#include <string.h>

#include "base/plugin_path.h"
#include "kernels/cuda/simple.h"
#include "kernels/nccl/nccl_plugin.h"
#include "kernels/ops/flat.h"

static const struct nccl_plugin *nccl; /* set once, before the first group */

static enum status open_plugin(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL), *found = library ? dlsym(library, NCCL_PLUGIN_ENTRY) : NULL;
    if (!library)
        return FAIL(UNSUPPORTED, "ranks need NCCL: %s; install it, or name its folder in LD_LIBRARY_PATH", dlerror());
    if (!found)
        return FAIL(UNSUPPORTED, "%s is no plugin of clprof: it has no " NCCL_PLUGIN_ENTRY, path);
    nccl_plugin_entry *entry;
    memcpy(&entry, &found, sizeof entry); /* ISO C converts no object pointers to functions */
    nccl = entry();
    if (nccl->abi_version == NCCL_PLUGIN_ABI_VERSION)
        return STATUS_OK;
    nccl = NULL;
    return FAIL(UNSUPPORTED, "%s is of another clprof; build both together", path);
}

static enum status need_plugin(void)
{
    struct strbuf path;
    if (nccl)
        return STATUS_OK;
    strbuf_init(&path);
    enum status status = plugin_path("clprof_nccl.so", &path)
                             ? open_plugin(path.text)
                             : FAIL(UNSUPPORTED, "ranks need NCCL, and this build has none (clprof_nccl.so is not beside the program)");
    strbuf_release(&path);
    return status;
}

static enum status check(const char *wrong)
{
    return wrong ? FAIL(BACKEND, "%s", wrong) : STATUS_OK;
}

enum status collective_id(unsigned char id[BACKEND_GROUP_BYTES])
{
    TRY(need_plugin());
    return check(nccl->group_id(id));
}

enum status collective_choose_device(const struct backend_group *group)
{
    int devices = 0;
    TRY(cuda_check(NULL, cudaGetDeviceCount(&devices), "counting GPUs"));
    if (devices < group->ranks)
        return FAIL(UNSUPPORTED, "%d ranks need a GPU each; there %s %d (CUDA_VISIBLE_DEVICES may hide some)", group->ranks,
                    devices == 1 ? "is" : "are", devices);
    return cuda_check(NULL, cudaSetDevice(group->rank), "choosing GPU %d", group->rank);
}

enum status collective_join(struct device *device, const struct backend_group *group)
{
    TRY(need_plugin());
    return check(nccl->join(group->id, group->rank, group->ranks, &device->group));
}

void collective_leave(struct device *device)
{
    if (device->group)
        nccl->leave(device->group, device->lost != cudaSuccess);
    device->group = NULL;
}

const char *collective_version(void)
{
    return nccl ? nccl->version() : "";
}

/* Alone there is nothing to take a mean over. */
static enum status hand_on(struct op_prepared *self, const struct run_context *context)
{
    const struct tensor *from = self->call->in[0], *to = self->call->out[0];
    size_t bytes = from->data == to->data ? 0 : (size_t)tensor_bytes(from);
    return CUDA_KERNEL(self, context, 0, cudaMemcpyAsync(to->data, from->data, bytes, cudaMemcpyDeviceToDevice, context->device->compute));
}

static enum status run_all_reduce(struct op_prepared *self, const struct run_context *context)
{
    const struct tensor *from = self->call->in[0], *to = self->call->out[0];
    struct device *device = context->device;
    if (!device->group)
        return hand_on(self, context);
    kernel_launch(context, 0);
    const char *wrong = nccl->mean(device->group, from->data, to->data, (size_t)tensor_count(to), device->compute);
    kernel_launched(context, 0);
    return check(wrong);
}

static enum status prepare_all_reduce(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    *out = NULL;
    TRY(flat_check(call));
    TRY(simple_create(device, call, sizeof(struct simple), run_all_reduce, out));
    if (device->group)
        simple_add_main_kernel(*out, "ncclAllReduce", 0);
    else
        simple_add_kernel(*out, "copy", ROLE_COPY, op_bytes_read(call), op_bytes_written(call), 0);
    return STATUS_OK;
}

extern const struct op_impl cuda_all_reduce;
const struct op_impl cuda_all_reduce = {prepare_all_reduce};
