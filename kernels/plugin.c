/* Finding, opening and checking a plugin. */
#include "kernels/plugin.h"

#include <dlfcn.h>
#include <string.h>

#include "base/plugin_path.h"

static void host_fail(enum status code, const char *file, int line, const char *text)
{
    status_fail(code, file, line, "%s", text);
}

static const struct plugin_host host = {host_fail, status_message, status_birthplace};

/* What a missing library is called by people. */
static const struct {
    const char *library, *words;
} libraries[] = {
    {"libcudnn", "no cuDNN 9"},
    {"libcudart", "no CUDA runtime of the version it was built with"},
    {"libcublasLt", "no cuBLASLt of the version it was built with"},
};

static enum status fail_open(const char *path, const char *reason)
{
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (strncmp(reason, libraries[i].library, strlen(libraries[i].library)) == 0)
            return FAIL(UNSUPPORTED, "%s (%s); install it, or name its folder in LD_LIBRARY_PATH", libraries[i].words, reason);
    return FAIL(UNSUPPORTED, "%s can't be loaded: %s", path, reason);
}

static enum status check(const char *path, const char *name, const struct backend *backend)
{
    if (!backend)
        return FAIL(UNSUPPORTED, "%s hands out no back end", path);
    if (backend->abi_version != BACKEND_ABI_VERSION)
        return FAIL(UNSUPPORTED, "%s is of another clprof (back-end version %u, this program's is %u); build both together", path,
                    backend->abi_version, BACKEND_ABI_VERSION);
    if (backend->op_count != OP_COUNT)
        return FAIL(UNSUPPORTED, "%s is of another clprof (%u operators, this program has %d); build both together", path,
                    backend->op_count, OP_COUNT);
    return strcmp(backend->name, name) == 0 ? STATUS_OK
                                            : FAIL(UNSUPPORTED, "%s holds the back end %s", path, backend->name);
}

static enum status open_plugin(const char *path, const char *name, const struct backend **out)
{
    struct strbuf symbol;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL), *found;

    if (!library)
        return fail_open(path, dlerror());
    strbuf_init(&symbol);
    strbuf_printf(&symbol, "clprof_%s_backend", name);
    found = dlsym(library, symbol.text);
    strbuf_release(&symbol);
    if (!found)
        return FAIL(UNSUPPORTED, "%s is no plugin of clprof: it has no clprof_%s_backend", path, name);
    plugin_entry *entry;
    memcpy(&entry, &found, sizeof entry); /* ISO C converts no object pointers to functions */
    const struct backend *backend = entry(&host);
    TRY(check(path, name, backend));
    *out = backend;
    return STATUS_OK;
}

bool plugin_has_driver(const char *name)
{
    void *driver = strcmp(name, "cuda") == 0 ? dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) : NULL;

    if (driver)
        dlclose(driver);
    return driver != NULL;
}

enum status plugin_load(const char *name, const struct backend **out)
{
    struct strbuf file, path;
    enum status status;

    *out = NULL;
    strbuf_init(&file);
    strbuf_init(&path);
    strbuf_printf(&file, "clprof_%s.so", name);
    status = plugin_path(file.text, &path)
                 ? open_plugin(path.text, name, out)
                 : FAIL(UNSUPPORTED, "this build has no %s back end (%s is not beside the program)", name, file.text);
    strbuf_release(&path);
    strbuf_release(&file);
    return status;
}
