/* Outcomes: the table of codes and this thread's last failure. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct status_row {
    const char *name, *text;
    int exit_code;
};

static const struct status_row status_rows[STATUS_COUNT] = {
#define STATUS(code, exit_code, text) {#code, text, exit_code},
#include "base/status.def"
#undef STATUS
};

static _Thread_local char last_message[2048];
static _Thread_local char last_birthplace[160];

enum status status_fail(enum status code, const char *file, int line, const char *format, ...)
{
    /* Formatted aside first: a line that adds to the one before has status_message() among its arguments. */
    char message[sizeof last_message];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    memcpy(last_message, message, strlen(message) + 1);

    const char *slash = strrchr(file, '/');
    snprintf(last_birthplace, sizeof last_birthplace, "%s:%d", slash ? slash + 1 : file, line);
    return code;
}

const char *status_message(void)
{
    return last_message;
}

const char *status_birthplace(void)
{
    return last_birthplace;
}

const char *status_name(enum status code)
{
    return (unsigned)code < STATUS_COUNT ? status_rows[code].name : "UNKNOWN";
}

const char *status_text(enum status code)
{
    return (unsigned)code < STATUS_COUNT ? status_rows[code].text : "an outcome without a name";
}

int status_exit_code(enum status code)
{
    return (unsigned)code < STATUS_COUNT ? status_rows[code].exit_code : 1;
}
