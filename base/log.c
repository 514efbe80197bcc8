/* Lines on stderr. CLPROF_LOG is read once, at the first line; what is not understood is said once. */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/utf8.h"

#define LINE_BYTES 4096

static const char *const domain_names[] = {"base", "kernels", "profiler", "trainer", "analysis", "reports"};
static const char *const level_names[] = {"error", "warn", "info", "debug"};
#define DOMAINS (sizeof domain_names / sizeof *domain_names)
#define LEVELS (sizeof level_names / sizeof *level_names)

static enum log_level domain_levels[DOMAINS] = {LOG_WARN, LOG_WARN, LOG_WARN, LOG_WARN, LOG_WARN, LOG_WARN};
static enum log_level other_level = LOG_WARN; /* of domains that are no folder */
static pthread_once_t levels_read = PTHREAD_ONCE_INIT;

static int find_word(const char *const *words, size_t count, const char *word, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0)
            return (int)i;
    return -1;
}

/* One entry: LEVEL or DOMAIN=LEVEL. False when it is neither. */
static bool set_level(const char *entry, size_t length)
{
    const char *equals = memchr(entry, '=', length);
    const char *word = equals ? equals + 1 : entry;
    int level = find_word(level_names, LEVELS, word, (size_t)(entry + length - word));
    if (level < 0)
        return false;
    if (!equals) {
        for (size_t i = 0; i < DOMAINS; i++)
            domain_levels[i] = (enum log_level)level;
        other_level = (enum log_level)level;
        return true;
    }
    int domain = find_word(domain_names, DOMAINS, entry, (size_t)(equals - entry));
    if (domain < 0)
        return false;
    domain_levels[domain] = (enum log_level)level;
    return true;
}

static void read_levels(void)
{
    const char *entry = getenv("CLPROF_LOG");
    while (entry && *entry) {
        size_t length = strcspn(entry, ",");
        if (length > 0 && !set_level(entry, length))
            fprintf(stderr,
                    "clprof: CLPROF_LOG: '%.*s' is not understood; write error, warn, info or debug, or one of "
                    "base kernels profiler trainer analysis reports, '=' and a level\n",
                    (int)length, entry);
        entry += length + (entry[length] == ',');
    }
}

void log_write(enum log_level level, const char *domain, const char *format, ...)
{
    char text[LINE_BYTES];
    struct strbuf line;
    va_list arguments;

    pthread_once(&levels_read, read_levels);
    int number = find_word(domain_names, DOMAINS, domain, strlen(domain));
    if (level > (number < 0 ? other_level : domain_levels[number]))
        return;

    va_start(arguments, format);
    int written = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (written < 0)
        return;
    strbuf_init(&line);
    strbuf_append(&line, "clprof: ");
    utf8_printable(&line, text);
    strbuf_append(&line, "\n");
    /* One call, so that lines of several threads do not mix. Nobody is left to tell when stderr is gone. */
    ssize_t ignored = write(STDERR_FILENO, line.text, line.length);
    (void)ignored;
    strbuf_release(&line);
}
