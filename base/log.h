/*
 * Lines for people on stderr. CLPROF_LOG=LEVEL or DOMAIN=LEVEL,... (levels error, warn, info, debug; domains are the
 * folder names base kernels profiler trainer analysis reports) sets what is shown; the default is warn.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Writes "clprof: <text>\n" (one write call) when the domain's level allows it. */
void log_write(enum log_level level, const char *domain, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define log_warn(domain, ...) log_write(LOG_WARN, domain, __VA_ARGS__)
#define log_info(domain, ...) log_write(LOG_INFO, domain, __VA_ARGS__)
#define log_debug(domain, ...) log_write(LOG_DEBUG, domain, __VA_ARGS__)

#endif
