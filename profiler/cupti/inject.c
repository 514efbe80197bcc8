/*
 * clprof_inject.so: CUPTI in somebody else's process. The driver loads it (CUDA_INJECTION64_PATH) when the process first asks
 * for CUDA, and calls InitializeInjection. What the device ran goes to $CLPROF_CUPTI_FOLDER/cupti.PID.json, in the words of
 * PyTorch's profiler (so `clprof import` reads it), as it comes: a process that is killed leaves what was written. What is to be
 * said about it goes to cupti.PID.notes. It never ends its host: whatever fails, the process goes on without it. Where
 * PyTorch is, it steps aside: torch.profiler needs CUPTI itself.
 */
#define _GNU_SOURCE /* RTLD_NOLOAD */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "profiler/cupti/session.h"

#define DRAIN_MS 200

/* The one injection of the process: CUDA calls in once, and nobody hands anything through. */
static struct injection {
    struct activity *activity;
    FILE *file;
    pid_t process;
    pthread_t collector;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool ending;
    uint32_t newest_call; /* correlation of the call that was written last */
    int64_t records;
} injection = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static bool file_name(char *path, size_t room, const char *ending)
{
    const char *folder = getenv("CLPROF_CUPTI_FOLDER");

    return folder && *folder && (size_t)snprintf(path, room, "%s/cupti.%d.%s", folder, (int)getpid(), ending) < room;
}

/* One line of notes. */
static void note(void *unused, const char *text)
{
    char path[4096];
    FILE *file = file_name(path, sizeof path, "notes") ? fopen(path, "ae") : NULL;

    (void)unused;
    if (!file)
        return;
    fprintf(file, "%s\n", text);
    fclose(file);
}

static void write_text(FILE *file, const char *text)
{
    putc('"', file);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', file);
        putc((unsigned char)*text < ' ' ? ' ' : *text, file);
    }
    putc('"', file);
}

/* Microseconds, as the format has them, without losing the nanoseconds. */
static void write_times(FILE *file, int64_t start_ns, int64_t dur_ns)
{
    fprintf(file, "\"ts\":%lld.%03d,\"dur\":%lld.%03d", (long long)(start_ns / 1000), (int)(start_ns % 1000),
            (long long)(dur_ns / 1000), (int)(dur_ns % 1000));
}

static void write_call(const struct activity_record *record, const struct call *call)
{
    if (injection.newest_call == call->correlation || record->launch_ns < 0)
        return;
    injection.newest_call = call->correlation;
    fprintf(injection.file, ",\n{\"ph\":\"X\",\"cat\":\"cuda_runtime\",\"name\":\"CUDA call\",\"pid\":%d,\"tid\":%u,",
            (int)injection.process, call->thread);
    write_times(injection.file, record->launch_ns, (int64_t)(call->end_ns - call->start_ns));
    fprintf(injection.file, ",\"args\":{\"correlation\":%u}}", call->correlation);
}

static void write_record(void *context, const struct activity_record *record, const struct call *call)
{
    static const char *const categories[] = {
        [ACTIVITY_KERNEL] = "kernel", [ACTIVITY_MEMCPY] = "gpu_memcpy", [ACTIVITY_MEMSET] = "gpu_memset"};
    FILE *file = injection.file;

    (void)context;
    if (record->start_ns < 0)
        return; /* counted by the session */
    fprintf(file, "%s\n{\"ph\":\"X\",\"cat\":\"%s\",\"name\":", injection.records++ ? "," : "", categories[record->kind]);
    write_text(file, record->name);
    fprintf(file, ",\"pid\":%d,\"tid\":%d,", record->device, record->stream);
    write_times(file, record->start_ns, record->end_ns - record->start_ns);
    fprintf(file, ",\"args\":{\"device\":%d,\"stream\":%d,\"correlation\":%lld", record->device, record->stream,
            (long long)record->correlation_id);
    if (record->bytes >= 0)
        fprintf(file, ",\"bytes\":%lld", (long long)record->bytes);
    fputs("}}", file);
    if (call)
        write_call(record, call);
}

static void collect(bool forced)
{
    const char *problem = session_drain(injection.activity, forced, write_record, NULL);

    if (problem)
        note(NULL, problem);
    fflush(injection.file);
}

static void *collector(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&injection.lock);
    while (!injection.ending) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += DRAIN_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&injection.wake, &injection.lock, &until) == ETIMEDOUT)
            collect(false);
    }
    pthread_mutex_unlock(&injection.lock);
    return NULL;
}

static void note_count(int64_t count, const char *text)
{
    char line[200];

    if (count == 0)
        return;
    snprintf(line, sizeof line, "%lld %s", (long long)count, text);
    note(NULL, line);
}

/* A fork's child gets here, too, and has nothing to say. */
static void at_exit(void)
{
    if (getpid() != injection.process)
        return;
    pthread_mutex_lock(&injection.lock);
    injection.ending = true;
    pthread_cond_signal(&injection.wake);
    pthread_mutex_unlock(&injection.lock);
    pthread_join(injection.collector, NULL);
    collect(true);
    fputs("\n]}\n", injection.file);
    if (fclose(injection.file) != 0)
        note(NULL, "not all of the device's records could be written: the disk is full, perhaps");
    note_count(atomic_load(&injection.activity->dropped), "records of the device were dropped by CUPTI: kernels may be missing");
    note_count(injection.activity->untimed, "records of the device came without times and are left out");
    session_remarks(injection.activity, note, NULL);
    session_close(injection.activity);
}

/* Signals are the host's. */
static bool start_collector(void)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&injection.collector, NULL, collector, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0;
}

/* So that a fork's child has no unwritten text of ours, which its exit would write once more. */
static void lock(void)
{
    pthread_mutex_lock(&injection.lock);
}

static void unlock(void)
{
    pthread_mutex_unlock(&injection.lock);
}

static void start(void)
{
    char path[4096];

    if (!file_name(path, sizeof path, "json"))
        return;
    if (dlopen("libtorch_cpu.so", RTLD_LAZY | RTLD_NOLOAD)) {
        note(NULL, "PyTorch is in this process: CUPTI is left to torch.profiler");
        return;
    }
    const char *problem = session_open(&injection.activity);
    if (problem) {
        note(NULL, problem);
        return;
    }
    injection.activity->records.call_drains = 10000 / DRAIN_MS;
    injection.process = getpid();
    injection.file = fopen(path, "we");
    if (injection.file)
        fputs("{\"schemaVersion\":1,\"displayTimeUnit\":\"ms\",\"traceEvents\":[", injection.file);
    if (!injection.file || fflush(injection.file) != 0 || !start_collector()) {
        note(NULL, "the device's records can't be written");
        session_close(injection.activity);
        return;
    }
    pthread_atfork(lock, unlock, unlock);
    atexit(at_exit);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

int InitializeInjection(void);

/* 1: all is well, as the driver wants to hear; anything else it may take as a failure of its own. */
__attribute__((visibility("default"))) int InitializeInjection(void)
{
    pthread_once(&once, start);
    return 1;
}
