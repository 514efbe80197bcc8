/* Finding libcupti and its functions. */
#define _GNU_SOURCE /* RTLD_NOLOAD */
#include "profiler/cupti/api.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static const char *const libraries[] = {"libcupti.so.13", "libcupti.so.12", "libcupti.so"};

static void *open_library(void)
{
    static const int ways[] = {RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD, RTLD_LAZY | RTLD_LOCAL};
    void *library = NULL;

    for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
        for (size_t i = 0; i < sizeof libraries / sizeof *libraries && !library; i++)
            library = dlopen(libraries[i], ways[way]);
    }
    return library;
}

static int look_up(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);

    memcpy(function, &found, sizeof found); /* ISO C converts no object pointers to functions */
    return found != NULL;
}

int cupti_api_load(struct cupti_api *api, char *reason, size_t room)
{
    const char *missing = NULL;
    void *library = open_library();

    memset(api, 0, sizeof *api);
    if (!library) {
        snprintf(reason, room, "no libcupti.so.13 or .12 is found; it comes with the CUDA toolkit, name its folder in LD_LIBRARY_PATH");
        return 0;
    }
#define CUPTI_NEEDED(name)                        \
    if (!look_up(library, #name, &api->name))     \
        missing = #name;
#define CUPTI_MAYBE(name) look_up(library, #name, &api->name);
    CUPTI_FUNCTIONS(CUPTI_NEEDED, CUPTI_MAYBE)
#undef CUPTI_NEEDED
#undef CUPTI_MAYBE
    if (missing) {
        snprintf(reason, room, "libcupti has no %s; CUDA 12.0 or newer is needed", missing);
        return 0;
    }
    if (api->cuptiGetVersion(&api->version) != CUPTI_SUCCESS || api->version < CUPTI_OLDEST) {
        snprintf(reason, room, "libcupti's version %u is older than CUDA 12.0's (%d)", api->version, CUPTI_OLDEST);
        return 0;
    }
    return 1;
}

const char *cupti_api_words(const struct cupti_api *api, CUptiResult result)
{
    const char *words = NULL;

    return api->cuptiGetResultString(result, &words) == CUPTI_SUCCESS && words ? words : "an unknown error";
}
