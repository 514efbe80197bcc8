/* Starting ranks, watching over them, and what each has for itself. */
#define _GNU_SOURCE
#include "commands/train_ranks.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOTICE_SECONDS 15 /* for ranks to notice that another one has failed, and to finish their traces */
#define SIGNAL_SECONDS 5  /* then, after SIGTERM, until SIGKILL */

/* Of the watching process alone: what its signal handler must reach. */
static pid_t *children;
static int children_count;
static volatile sig_atomic_t interrupted; /* all were told to stop: none of them is missed */

static void tell_all(int signal)
{
    for (int i = 0; i < children_count; i++)
        if (children[i] > 0)
            kill(children[i], signal);
}

/* A terminal's ^C comes to all processes by itself; what somebody sends to this one is handed on. */
static void hand_on(int signal, siginfo_t *info, void *context)
{
    (void)context;
    interrupted = 1;
    if (info->si_code == SI_USER)
        tell_all(signal);
}

static void close_sockets(int (*pair)[2], int count, int end)
{
    for (int i = 1; i < count; i++)
        close(pair[i][end]);
}

/* The child's part of starting: its sockets, its quiet standard output, its end when the watching process ends. */
static enum status become(int rank, int count, int (*pair)[2], struct ranks *out)
{
    *out = (struct ranks){rank, count, calloc((size_t)count, sizeof *out->socket), false};
    if (!out->socket)
        return FAIL(NO_MEMORY, "no memory for %d ranks", count);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (int i = 1; i < count; i++) {
        bool mine = rank == 0 || rank == i;
        int end = rank == 0 ? 0 : 1;
        close(pair[i][1 - end]);
        if (mine)
            out->socket[rank == 0 ? i : 0] = pair[i][end];
        else
            close(pair[i][end]);
    }
    if (rank > 0 && !freopen("/dev/null", "w", stdout))
        return FAIL(IO, "/dev/null can't be opened: %s", strerror(errno));
    return STATUS_OK;
}

/* Waits for any child, at most until `deadline` (seconds of CLOCK_MONOTONIC; 0 = for ever). -1: time is up. */
static pid_t wait_until(time_t deadline, int *status)
{
    struct timespec now, pause = {0, 20000000};
    for (;;) {
        pid_t child = waitpid(-1, status, deadline ? WNOHANG : 0);
        if (child > 0)
            return child;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (deadline && now.tv_sec >= deadline)
            return -1;
        if (deadline)
            nanosleep(&pause, NULL);
    }
}

static time_t in_seconds(int seconds)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + seconds;
}

/* Notes that a child has ended and says how, unless all is well; the rank's exit code. */
static int note_end(pid_t child, int status)
{
    int rank = 0;
    while (rank < children_count && children[rank] != child)
        rank++;
    if (rank < children_count)
        children[rank] = 0;
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "clprof train: rank %d was ended by signal %d (%s)\n", rank, WTERMSIG(status), strsignal(WTERMSIG(status)));
        return 1;
    }
    int code = WEXITSTATUS(status);
    if (code != 0 && !interrupted)
        fprintf(stderr, "clprof train: rank %d ended with exit code %d\n", rank, code);
    return code;
}

/* Until all have ended. When one fails, the others get time to notice and to finish their traces; those that hang are ended. */
static int watch(void)
{
    static const int signals[] = {SIGTERM, SIGKILL};
    int exit_code = 0, next = 0;
    time_t deadline = 0;
    for (int left = children_count; left > 0;) {
        int status;
        pid_t child = wait_until(deadline, &status);
        if (child < 0) {
            fprintf(stderr, "clprof train: %d of the ranks still wait for one that has ended: %s\n", left,
                    next == 0 ? "told to stop" : "killed; their traces hold every finished step");
            tell_all(signals[next]);
            next = 1;
            deadline = in_seconds(SIGNAL_SECONDS);
            continue;
        }
        int code = note_end(child, status);
        left--;
        exit_code = exit_code ? exit_code : code;
        if (code != 0 && !interrupted && !deadline)
            deadline = in_seconds(NOTICE_SECONDS);
    }
    return exit_code;
}

static enum status make_pairs(int count, int (**out)[2])
{
    int(*pair)[2] = calloc((size_t)count, sizeof *pair);
    if (!pair)
        return FAIL(NO_MEMORY, "no memory for %d ranks", count);
    for (int i = 1; i < count; i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair[i]) == 0)
            continue;
        int error = errno;
        close_sockets(pair, i, 0);
        close_sockets(pair, i, 1);
        free(pair);
        return FAIL(IO, "no sockets between %d ranks: %s", count, strerror(error));
    }
    *out = pair;
    return STATUS_OK;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_sigaction = hand_on, .sa_flags = SA_SIGINFO};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

enum status train_ranks_start(int count, struct ranks *out, int *exit_code)
{
    int(*pair)[2] = NULL;
    enum status status = STATUS_OK;
    *exit_code = -1;
    TRY(make_pairs(count, &pair));
    children = calloc((size_t)count, sizeof *children);
    if (!children)
        abort();
    fflush(NULL); /* what is buffered now is not to be written by every rank */
    for (children_count = 0; children_count < count; children_count++) {
        children[children_count] = fork();
        if (children[children_count] == 0) {
            status = become(children_count, count, pair, out);
            free(pair);
            free(children);
            children = NULL;
            children_count = 0;
            return status;
        }
        if (children[children_count] < 0) {
            status = FAIL(IO, "rank %d can't be started: %s", children_count, strerror(errno));
            break;
        }
    }
    catch_signals();
    close_sockets(pair, count, 0);
    close_sockets(pair, count, 1);
    free(pair);
    if (status != STATUS_OK)
        tell_all(SIGTERM);
    *exit_code = watch();
    free(children);
    children = NULL;
    return status;
}

void train_ranks_release(struct ranks *ranks)
{
    for (int i = 0; ranks->socket && i < ranks->count; i++)
        if (ranks->socket[i] > 0)
            close(ranks->socket[i]);
    free(ranks->socket);
    *ranks = (struct ranks){0};
}

enum status train_ranks_group(struct ranks *ranks, const struct backend *backend, struct backend_group *out)
{
    *out = (struct backend_group){.rank = ranks->rank, .ranks = ranks->count};
    if (!backend->group_id)
        return FAIL(UNSUPPORTED, "--ranks %d: the back end %s has no ranks; they need --device cuda and NCCL", ranks->count, backend->name);
    if (ranks->rank == 0)
        TRY(backend->group_id(out->id));
    return ranks_share(ranks, out->id, sizeof out->id);
}

void train_ranks_file(const struct ranks *ranks, const char *path, struct strbuf *out)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t stem = dot && dot > (slash ? slash + 1 : path) ? (size_t)(dot - path) : strlen(path);
    if (ranks->rank == 0)
        strbuf_append(out, path);
    else
        strbuf_printf(out, "%.*s.rank%d%s", (int)stem, path, ranks->rank, path + stem);
}
