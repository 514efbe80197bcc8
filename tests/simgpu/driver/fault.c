/* Faults by request (SIMGPU_FAULT), the lost device, and what was found wrong. */
#include "tests/simgpu/driver/driver.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_NAMES 32

static struct {
    struct {
        char name[32];
        unsigned calls;
    } counter[MOST_NAMES];
    int counters;
    cudaError_t lost;
    char reason[512];
    int count;
} faults;

/* The n of "name:n" in the list; 0 when it stands without one, -1 when it doesn't stand there. */
static long requested(const char *name)
{
    const char *list = getenv("SIMGPU_FAULT");
    size_t length = strlen(name);

    while (list && *list) {
        size_t item = strcspn(list, ",");
        if (item >= length && strncmp(list, name, length) == 0 && (item == length || list[length] == ':'))
            return item == length ? 0 : strtol(list + length + 1, NULL, 10);
        list += item + (list[item] == ',');
    }
    return -1;
}

bool simgpu_fault_set(const char *name)
{
    return requested(name) >= 0;
}

bool simgpu_fault(const char *name)
{
    long at = requested(name);

    if (at <= 0)
        return at == 0;
    for (int i = 0; i < faults.counters; i++)
        if (strcmp(faults.counter[i].name, name) == 0)
            return ++faults.counter[i].calls == (unsigned long)at;
    if (faults.counters == MOST_NAMES)
        abort();
    snprintf(faults.counter[faults.counters].name, sizeof faults.counter[0].name, "%s", name);
    return ++faults.counter[faults.counters++].calls == (unsigned long)at;
}

void simgpu_report(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(faults.reason, sizeof faults.reason, format, arguments);
    va_end(arguments);
    faults.count++;
    fprintf(stderr, "simgpu: %s\n", faults.reason);
}

void simgpu_lose_device(cudaError_t error, const char *reason)
{
    if (faults.lost == cudaSuccess)
        faults.lost = error;
    simgpu_report("%s", reason);
}

cudaError_t simgpu_lost(void)
{
    return faults.lost;
}

const char *simgpu_last_fault(void)
{
    return faults.reason;
}

int simgpu_fault_count(void)
{
    return faults.count;
}
