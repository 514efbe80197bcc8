/* The recorder as its callers see it: create, the observer's functions, finish. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "profiler/recorder_int.h"

#define WRITER_NICENESS 10 /* a tenth of a compute thread's share when all cores are busy; the ring bridges 30 steps   \
                            */

static atomic_uint_fast64_t recorders_made;

/* What a declaration that was accepted comes to: its failure stops the recording. Releases the lock. */
static enum status settle(struct recorder *recorder, enum status status)
{
    if (status != STATUS_OK)
        recorder_stop(recorder, status);
    pthread_mutex_unlock(&recorder->lock);
    return status;
}

/* A number that cannot be: the caller's mistake, the recording goes on. Releases the lock. */
static enum status refuse(struct recorder *recorder, enum status status)
{
    pthread_mutex_unlock(&recorder->lock);
    return status;
}

static bool is_stopped(const struct recorder *recorder)
{
    return recorder->outcome.failed != STATUS_OK;
}

static enum status declare_module(void *self, const struct module_info *module, int *number)
{
    struct recorder *recorder = self;
    enum status status;

    pthread_mutex_lock(&recorder->lock);
    status = register_add_module(&recorder->table, module->parent, number);
    if (status != STATUS_OK)
        return refuse(recorder, status);
    return settle(recorder, is_stopped(recorder) ? STATUS_OK : store_module(&recorder->store, *number, module));
}

static enum status declare_op(void *self, const struct op_info *op, int *number)
{
    struct recorder *recorder = self;
    enum status status;

    pthread_mutex_lock(&recorder->lock);
    status = register_add_op(&recorder->table, op->module, op->forward_op, op->fused_into, number);
    if (status != STATUS_OK)
        return refuse(recorder, status);
    return settle(recorder, is_stopped(recorder) ? STATUS_OK : store_op(&recorder->store, *number, op));
}

static enum status declare_kernel(void *self, int op, const struct kernel_info *kernel, int *number)
{
    struct recorder *recorder = self;
    enum status status;

    pthread_mutex_lock(&recorder->lock);
    status = register_add_kernel(&recorder->table, op, kernel, number);
    if (status != STATUS_OK)
        return refuse(recorder, status);
    return settle(recorder,
                  is_stopped(recorder) ? STATUS_OK : store_kernel(&recorder->store, *number, kernel, recorder->device, NULL));
}

static enum status declare_conversion(void *self, int op, int kernel, const struct conversion_info *conversion)
{
    struct recorder *recorder = self;
    enum status status;
    int number;

    pthread_mutex_lock(&recorder->lock);
    status = register_add_conversion(&recorder->table, op, kernel, &number);
    if (status != STATUS_OK)
        return refuse(recorder, status);
    return settle(recorder, is_stopped(recorder) ? STATUS_OK : store_conversion(&recorder->store, number, conversion));
}

static inline void push(struct recorder *recorder, struct event event)
{
    struct channel *channel = channel_of_thread(recorder);

    if (channel)
        ring_push(&channel->ring, &event);
}

static void tell_step_begin(void *self, int64_t index, int64_t start_ns)
{
    push(self, (struct event){EVENT_STEP_BEGIN, 0, {.integer = index}, {.integer = start_ns}});
}

static void tell_kernel(void *self, int kernel, int64_t start_ns, int64_t end_ns)
{
    push(self, (struct event){EVENT_KERNEL, kernel, {.integer = start_ns}, {.integer = end_ns}});
}

static void tell_op(void *self, int op, int64_t start_ns, int64_t end_ns)
{
    push(self, (struct event){EVENT_OP, op, {.integer = start_ns}, {.integer = end_ns}});
}

static void tell_step_end(void *self, const struct step_info *step)
{
    struct recorder *recorder = self;

    device_step_end(recorder);
    push(self, (struct event){EVENT_STEP_COUNTS, 0, {.integer = step->index}, {.integer = step->images}});
    push(self, (struct event){EVENT_STEP_VALUES, 0, {.real = step->loss}, {.real = step->grad_scale}});
    push(self, (struct event){EVENT_STEP_END, step->skipped, {.integer = step->start_ns}, {.integer = step->end_ns}});
    sem_post(&recorder->wake);
}

static void *writer_main(void *recorder)
{
    pid_t thread = (pid_t)syscall(SYS_gettid);

    if (getpriority(PRIO_PROCESS, (id_t)thread) < WRITER_NICENESS)
        setpriority(PRIO_PROCESS, (id_t)thread, WRITER_NICENESS);
    return writer_run(recorder);
}

/* Signals are for the program's other threads. */
static enum status writer_start(struct recorder *recorder)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&recorder->writer, NULL, writer_main, recorder);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error ? FAIL(NO_MEMORY, "%s: no thread to write it: %s", recorder->path, strerror(error)) : STATUS_OK;
}

static void recorder_free(struct recorder *recorder)
{
    channels_destroy(recorder);
    register_release(&recorder->table);
    intern_release(&recorder->device_watch.found_keys);
    free(recorder->device_watch.found);
    free(recorder->held);
    sem_destroy(&recorder->wake);
    pthread_mutex_destroy(&recorder->lock);
    free(recorder->path);
    free(recorder->device);
    free(recorder);
}

/* Memory only: nothing here touches the disk. */
static struct recorder *recorder_allocate(const char *path, const struct run_info *run)
{
    struct recorder *recorder = calloc(1, sizeof *recorder);

    if (!recorder)
        return NULL;
    recorder->observer =
        (struct observer){recorder,        declare_module, declare_op, declare_kernel, declare_conversion,
                          tell_step_begin, tell_kernel,    tell_op,    tell_step_end,
                          device_launch_begin, device_launch_end};
    recorder->serial = atomic_fetch_add(&recorders_made, 1) + 1;
    recorder->path = strdup(path);
    recorder->device = run->device ? strdup(run->device) : NULL;
    pthread_mutex_init(&recorder->lock, NULL);
    sem_init(&recorder->wake, 0, 0);
    register_init(&recorder->table);
    if (recorder->path && (recorder->device || !run->device))
        return recorder;
    recorder_free(recorder);
    return NULL;
}

enum status recorder_create(const char *path, const struct run_info *run, struct recorder **out)
{
    struct recorder *recorder = recorder_allocate(path, run);
    enum status status;

    *out = NULL;
    if (!recorder)
        return FAIL(NO_MEMORY, "%s: no memory to record it", path);
    TRY_OUT(store_create(&recorder->store, path));
    TRY_OUT(store_run(&recorder->store, run));
    TRY_OUT(store_commit(&recorder->store));
    if (!channel_of_thread(recorder)) { /* now, so that the first event of a step does not pay for it */
        status = recorder->outcome.failed;
        goto out;
    }
    TRY_OUT(writer_start(recorder));
    *out = recorder;
    return STATUS_OK;
out:
    store_release(&recorder->store);
    trace_close(recorder->store.db);
    recorder_free(recorder);
    return status;
}

const struct observer *recorder_observer(struct recorder *recorder)
{
    return &recorder->observer;
}

enum status recorder_policy_rule(struct recorder *recorder, const char *op_name, const char *rule, int breaks,
                                 const char *evidence, const char *source)
{
    sqlite3_stmt *row = recorder->store.row[ROW_POLICY_RULE];

    pthread_mutex_lock(&recorder->lock);
    if (is_stopped(recorder))
        return settle(recorder, STATUS_OK);
    trace_bind_text(row, 1, op_name);
    trace_bind_text(row, 2, rule);
    trace_bind_int(row, 3, breaks);
    trace_bind_text(row, 4, evidence);
    trace_bind_text(row, 5, source);
    return settle(recorder, store_insert(&recorder->store, ROW_POLICY_RULE));
}

enum status recorder_note(struct recorder *recorder, const char *text)
{
    pthread_mutex_lock(&recorder->lock);
    return settle(recorder, is_stopped(recorder) ? STATUS_OK : recorder_add_note(recorder, text));
}

/* The line for a recording that stopped early. */
static enum status report_failure(const struct recorder *recorder)
{
    const struct outcome *outcome = &recorder->outcome;
    const char *advice = outcome->failed == STATUS_IO ? "; free space there or record elsewhere with -o" : "";

    return status_fail(outcome->failed, __FILE__, __LINE__,
                       "%s holds the first %lld steps, the next %lld are lost: %s%s", recorder->path,
                       (long long)recorder->committed_steps, (long long)outcome->lost_steps, outcome->reason, advice);
}

enum status recorder_finish(struct recorder *recorder)
{
    enum status status;

    device_drain(recorder); /* what lies outside steps */
    atomic_store(&recorder->closing, true);
    sem_post(&recorder->wake);
    pthread_join(recorder->writer, NULL);
    writer_close(recorder);
    store_release(&recorder->store);
    /* After a failure too: whatever of it still succeeds makes the trace easier to read. */
    status = trace_finish(recorder->store.db);
    if (recorder->outcome.failed != STATUS_OK)
        status = report_failure(recorder);
    recorder_free(recorder);
    return status;
}
