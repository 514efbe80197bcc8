/* Demangling by the C++ runtime that cuDNN brings into the process anyway; without one, names stay as they are. */
#include "profiler/cupti/names.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void kernel_texts_init(struct kernel_texts *self)
{
    void *runtime = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
    void *found = runtime ? dlsym(runtime, "__cxa_demangle") : NULL;

    memset(self, 0, sizeof *self);
    memcpy(&self->demangle, &found, sizeof found);
}

void kernel_texts_release(struct kernel_texts *self)
{
    for (int i = 0; i < self->plain_count; i++)
        free(self->plain[i]);
    free(self->plain);
    intern_release(&self->mangled);
}

static char *make_plain(const struct kernel_texts *self, const char *mangled)
{
    int failed = 0;
    char *plain = self->demangle && strncmp(mangled, "_Z", 2) == 0 ? self->demangle(mangled, NULL, NULL, &failed) : NULL;

    return plain ? plain : strdup(mangled);
}

static enum status add(struct kernel_texts *self, const char *mangled)
{
    ARRAY_ADD(self, plain, make_plain(self, mangled));
    return STATUS_OK;
}

const char *kernel_text(struct kernel_texts *self, const char *mangled)
{
    int number;

    if (!mangled)
        return "";
    if (intern_add(&self->mangled, mangled, &number) != STATUS_OK)
        return NULL;
    if (number == self->plain_count && add(self, mangled) != STATUS_OK)
        return NULL;
    return self->plain[number];
}
