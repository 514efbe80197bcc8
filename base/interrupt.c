/* A thread in sigwait (interrupt.h); it is cancelled where it waits. */
#include "base/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

struct interrupt_guard {
    void (*clean)(void *what);
    void *what;
    sigset_t waited_for, before;
    pthread_t thread;
};

static void *wait_for_signal(void *argument)
{
    struct interrupt_guard *self = argument;
    int arrived;

    if (sigwait(&self->waited_for, &arrived) != 0)
        return NULL;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    self->clean(self->what);
    signal(arrived, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &self->waited_for, NULL);
    raise(arrived);
    return NULL;
}

enum status interrupt_guard_begin(void (*clean)(void *what), void *what, struct interrupt_guard **out)
{
    struct interrupt_guard *self = calloc(1, sizeof *self);
    struct sigaction action;

    *out = NULL;
    if (!self)
        return FAIL(NO_MEMORY, "no memory to wait for signals");
    self->clean = clean;
    self->what = what;
    sigemptyset(&self->waited_for);
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++) {
        /* A blocked signal would come even where it is ignored. */
        if (sigaction(ending[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&self->waited_for, ending[i]);
    }
    pthread_sigmask(SIG_BLOCK, &self->waited_for, &self->before);
    if (pthread_create(&self->thread, NULL, wait_for_signal, self) != 0) {
        pthread_sigmask(SIG_SETMASK, &self->before, NULL);
        free(self);
        return FAIL(IO, "no thread can be started to wait for signals");
    }
    *out = self;
    return STATUS_OK;
}

void interrupt_guard_end(struct interrupt_guard *guard)
{
    if (!guard)
        return;
    pthread_cancel(guard->thread);
    pthread_join(guard->thread, NULL);
    pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
    free(guard);
}
