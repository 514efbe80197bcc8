/* Finding, opening and checking the plugin of a device's profiling library. */
#include "profiler/activity.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


/* The running program's folder, with a slash; nothing when it can't be told. */
static void append_program_folder(struct strbuf *path)
{
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

    if (length <= 0)
        return;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash)
        slash[1] = '\0';
    strbuf_append(path, slash ? program : "");
}

/* The same places as those of back ends (kernels/plugin.h). */
bool activity_find(const char *file, struct strbuf *path)
{
    static const char *const places[] = {"", "../lib/clprof/"};
    const char *given = getenv("CLPROF_PLUGINS");

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        strbuf_clear(path);
        if (given && *given)
            strbuf_printf(path, "%s/", given);
        else
            append_program_folder(path);
        strbuf_printf(path, "%s%s", places[i], file);
        if (access(path->text, F_OK) == 0)
            return true;
    }
    return false;
}

static const struct activity_source *open_plugin(const char *path, char *reason, unsigned long room)
{
    const struct activity_source *(*entry)(void) = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *found = library ? dlsym(library, ACTIVITY_SYMBOL) : NULL;

    if (!found) {
        snprintf(reason, room, "%s can't be loaded: %s", path, dlerror());
        return NULL;
    }
    memcpy(&entry, &found, sizeof entry); /* ISO C converts no object pointers to functions */
    const struct activity_source *source = entry();
    if (source && source->abi_version == ACTIVITY_ABI_VERSION)
        return source;
    snprintf(reason, room, "%s is of another clprof; build both together", path);
    return NULL;
}

const struct activity_source *activity_load(const char *file, char *reason, unsigned long room)
{
    const struct activity_source *source = NULL;
    struct strbuf path;

    strbuf_init(&path);
    if (activity_find(file, &path))
        source = open_plugin(path.text, reason, room);
    else
        snprintf(reason, room, "this build has no %s beside the program", file);
    strbuf_release(&path);
    return source;
}
