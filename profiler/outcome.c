/* How a recording stops: the first failure is kept, what was not committed is rolled back. */
#include <stdio.h>
#include <string.h>

#include "profiler/recorder_int.h"

void recorder_stop(struct recorder *recorder, enum status failed)
{
    struct outcome *outcome = &recorder->outcome;
    const char *line = status_message();
    size_t path_length = strlen(recorder->path);

    store_rollback(&recorder->store);
    if (outcome->failed != STATUS_OK)
        return;
    /* The final line begins with the path; one is enough. */
    if (strncmp(line, recorder->path, path_length) == 0 && strncmp(line + path_length, ": ", 2) == 0)
        line += path_length + 2;
    outcome->failed = failed;
    snprintf(outcome->reason, sizeof outcome->reason, "%s", line);
}
