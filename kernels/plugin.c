/* Finding, opening and checking a plugin. */
#include "kernels/plugin.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"

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

/* The running program's folder, with a slash; "" when it can't be told. */
static void program_folder(struct strbuf *folder)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);

    if (length <= 0)
        return;
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        strbuf_append_bytes(folder, path, (size_t)(slash + 1 - path));
}

static bool find_file(const char *name, struct strbuf *path)
{
    static const char *const places[] = {"", "../lib/clprof/"};
    const char *given = getenv("CLPROF_PLUGINS");
    struct strbuf folder;
    bool found = false;

    strbuf_init(&folder);
    if (given && *given)
        strbuf_printf(&folder, "%s/", given);
    else
        program_folder(&folder);
    for (size_t i = 0; i < sizeof places / sizeof *places && !found; i++) {
        strbuf_clear(path);
        strbuf_printf(path, "%s%sclprof_%s.so", folder.text, places[i], name);
        found = access(path->text, F_OK) == 0;
    }
    strbuf_release(&folder);
    return found;
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
    struct strbuf path;
    enum status status;

    *out = NULL;
    strbuf_init(&path);
    status = find_file(name, &path)
                 ? open_plugin(path.text, name, out)
                 : FAIL(UNSUPPORTED, "this build has no %s back end (clprof_%s.so is not beside the program)", name, name);
    strbuf_release(&path);
    return status;
}
