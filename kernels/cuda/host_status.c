/*
 * base/status.h inside the plugin: failures go to the program that loaded it, whose status_message() is the one that is read.
 * Stands in for base/status.c, of which a copy here would keep them to itself.
 */
#include "kernels/cuda/host_status.h"

#include <stdarg.h>
#include <stdio.h>

static const struct plugin_host *host; /* set once, before anything can fail */

void host_status_set(const struct plugin_host *given)
{
    host = given;
}

enum status status_fail(enum status code, const char *file, int line, const char *format, ...)
{
    char text[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    host->fail(code, file, line, text);
    return code;
}

const char *status_message(void)
{
    return host->message();
}

const char *status_birthplace(void)
{
    return host->birthplace();
}

static const struct {
    const char *name, *text;
    int exit_code;
} rows[STATUS_COUNT] = {
#define STATUS(code, exit_code, text) {#code, text, exit_code},
#include "base/status.def"
#undef STATUS
};

const char *status_name(enum status code)
{
    return (unsigned)code < STATUS_COUNT ? rows[code].name : "UNKNOWN";
}

const char *status_text(enum status code)
{
    return (unsigned)code < STATUS_COUNT ? rows[code].text : "an outcome without a name";
}

int status_exit_code(enum status code)
{
    return (unsigned)code < STATUS_COUNT ? rows[code].exit_code : 1;
}
