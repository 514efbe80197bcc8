/* Where the program's plugins lie. */
#ifndef BASE_PLUGIN_PATH_H
#define BASE_PLUGIN_PATH_H

#include <stdbool.h>

#include "base/strbuf.h"

/*
 * The path of the plugin with that file name ("clprof_cuda.so"): in the folder that CLPROF_PLUGINS names when it is set, else beside
 * the running program, else in ../lib/clprof seen from either. False: nowhere; *path then holds the place looked at last.
 */
bool plugin_path(const char *file, struct strbuf *path);

#endif
