/* Finding, opening and checking the plugin of a device's profiling library. */
#include "profiler/activity.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/plugin_path.h"

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
    if (plugin_path(file, &path))
        source = open_plugin(path.text, reason, room);
    else
        snprintf(reason, room, "this build has no %s beside the program", file);
    strbuf_release(&path);
    return source;
}
