/*
 * Back ends in shared objects of their own, so that the program runs where their libraries are missing. clprof_<name>.so
 * exports one symbol, clprof_<name>_backend, of type plugin_entry. It has its own copy of kernels' core; only failures are the
 * program's. Once loaded it stays.
 */
#ifndef KERNELS_PLUGIN_H
#define KERNELS_PLUGIN_H

#include "kernels/backend.h"

/* What a plugin is given by the program. */
struct plugin_host {
    /* status_fail's, with the line ready made, so that status_message() of the program tells the plugin's failures. */
    void (*fail)(enum status code, const char *file, int line, const char *text);
    const char *(*message)(void);
    const char *(*birthplace)(void);
};

/* The plugin's table; host is kept for life. */
typedef const struct backend *plugin_entry(const struct plugin_host *host);

/*
 * Loads back end `name` from clprof_<name>.so, where base/plugin_path.h finds it. Loading again is cheap. UNSUPPORTED with the reason in words: not built, a library
 * that it needs is missing (which), another version of clprof's (ABI number, count of operators).
 */
enum status plugin_load(const char *name, const struct backend **out);

/*
 * Whether the driver that back end `name` needs is there at all: without one, loading a plugin with libraries of hundreds of
 * megabytes costs a quarter of a second and can't succeed.
 */
bool plugin_has_driver(const char *name);

#endif
