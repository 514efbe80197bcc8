/*
 * Outcomes of functions. A function that can fail returns enum status; the place where a failure is born writes one
 * line that says what was wrong, where, and what to do. Only cmd_*.c prints that line and turns it into an exit code.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

enum status {
#define STATUS(code, exit_code, text) STATUS_##code,
#include "base/status.def"
#undef STATUS
    STATUS_COUNT
};

/* Records the line (thread-local, one per thread, the newest wins) with its birth place and returns `code`. */
enum status status_fail(enum status code, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The line of this thread's last failure; "" before any. Owned by the thread, valid until its next failure. */
const char *status_message(void);

/* "file.c:123" of this thread's last failure, for logs. */
const char *status_birthplace(void);

/* Name ("CORRUPT"), generic text, and process exit code of an outcome. */
const char *status_name(enum status code);
const char *status_text(enum status code);
int status_exit_code(enum status code);

#define FAIL(code, ...) status_fail(STATUS_##code, __FILE__, __LINE__, __VA_ARGS__)

/* Forwards a failure to the caller; for functions that hold nothing. */
#define TRY(expression)                       \
    do {                                      \
        enum status try_status = (expression); \
        if (try_status != STATUS_OK)          \
            return try_status;                \
    } while (0)

/* Forwards a failure through the function's one `out:` label; needs a local `enum status status`. */
#define TRY_OUT(expression)          \
    do {                             \
        status = (expression);       \
        if (status != STATUS_OK)     \
            goto out;                \
    } while (0)

#endif
