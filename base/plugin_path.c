/* The folder that CLPROF_PLUGINS names or the program's own, and ../lib/clprof from there. */
#include "base/plugin_path.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The running program's folder, with a slash; nothing when it can't be told. */
static void append_program_folder(struct strbuf *folder)
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

bool plugin_path(const char *file, struct strbuf *path)
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
