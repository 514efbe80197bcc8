/*
 * A command run with the agent in reach (launch.h). Waiting is done with sigwaitinfo, so that a signal can be passed on
 * without a handler and its global: who sent it tells a `kill` (passed on) from the terminal's Ctrl-C (the command has it).
 */
#define _GNU_SOURCE /* pipe2, nftw, sigwaitinfo */
#include "profiler/torch/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/file.h"
#include "base/strbuf.h"

extern const struct embedded_text torch_agent[];

static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

static enum status write_text(const char *folder, const struct embedded_text *text)
{
    struct file_writer writer = {0};
    struct strbuf path;
    enum status status;

    strbuf_init(&path);
    strbuf_printf(&path, "%s/%s", folder, text->name);
    TRY_OUT(file_create(&writer, path.text));
    fwrite(text->text, 1, text->length, writer.stream);
    TRY_OUT(file_commit(&writer));
out:
    if (status != STATUS_OK)
        file_abandon(&writer);
    strbuf_release(&path);
    return status;
}

enum status launch_prepare(struct launch *launch)
{
    const char *place = getenv("TMPDIR");
    struct strbuf path;

    strbuf_init(&path);
    strbuf_printf(&path, "%s/clprof-run-XXXXXX", place && *place ? place : "/tmp");
    if (!mkdtemp(path.text)) {
        enum status status = FAIL(IO, "can't make the folder %s: %s; set TMPDIR to where there is room", path.text,
                                  strerror(errno));
        strbuf_release(&path);
        return status;
    }
    launch->folder = strbuf_take(&path);
    for (const struct embedded_text *text = torch_agent; text->name; text++)
        TRY(write_text(launch->folder, text));
    return STATUS_OK;
}

static void set_environment(const struct launch *launch, int64_t warmup, int64_t active)
{
    const char *python_path = getenv("PYTHONPATH");
    struct strbuf text;

    strbuf_init(&text);
    /* An empty PYTHONPATH is none; "folder:" would put the working directory on it. */
    strbuf_printf(&text, "%s%s%s", launch->folder, python_path && *python_path ? ":" : "", python_path ? python_path : "");
    setenv("PYTHONPATH", text.text, 1);
    strbuf_clear(&text);
    strbuf_printf(&text, "%lld:%lld", (long long)warmup, (long long)active);
    setenv("CLPROF_RUN_WINDOW", text.text, 1);
    setenv("CLPROF_RUN_FOLDER", launch->folder, 1);
    strbuf_release(&text);
}

/* In the child; comes back only as a number through the pipe. */
static void become(const struct launch *launch, char *const *argv, int64_t warmup, int64_t active, const sigset_t *mask,
                   int report)
{
    set_environment(launch, warmup, active);
    signal(SIGXFSZ, SIG_DFL); /* main's own choice, none of the command's */
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(argv[0], argv);
    int reason = errno;
    ssize_t told = write(report, &reason, sizeof reason);
    _exit(told == sizeof reason ? 127 : 126);
}

/* Waits for the command's end, passing signals on. */
static enum status wait_for(pid_t child, const sigset_t *signals, int *ended)
{
    for (;;) {
        siginfo_t info;
        if (sigwaitinfo(signals, &info) < 0) {
            if (errno == EINTR)
                continue;
            return FAIL(IO, "can't wait for the command: %s", strerror(errno));
        }
        if (info.si_signo != SIGCHLD) {
            if (info.si_code <= 0) /* a process sent it to us alone */
                kill(child, info.si_signo);
            continue;
        }
        pid_t found = waitpid(child, ended, WNOHANG);
        if (found == child)
            return STATUS_OK;
        if (found < 0 && errno != EINTR)
            return FAIL(IO, "can't wait for the command: %s", strerror(errno));
    }
}

static enum status start_failed(const char *name, int reason)
{
    if (reason == ENOENT)
        return FAIL(NOT_FOUND, "there is no command '%s'", name);
    return FAIL(IO, "can't run '%s': %s", name, strerror(reason));
}

enum status launch_run(struct launch *launch, char *const *argv, int64_t warmup, int64_t active)
{
    int report[2] = {-1, -1}, reason = 0, ended = 0;
    sigset_t signals, before;
    enum status status;

    signal(SIGCHLD, SIG_DFL); /* ignored by whoever started us: its children would leave no exit code */
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    for (size_t i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++)
        sigaddset(&signals, passed_on[i]);
    sigprocmask(SIG_BLOCK, &signals, &before);
    if (pipe2(report, O_CLOEXEC) != 0)
        TRY_OUT(FAIL(IO, "can't start a command: %s", strerror(errno)));
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        TRY_OUT(FAIL(IO, "can't start a command: %s", strerror(errno)));
    if (child == 0)
        become(launch, argv, warmup, active, &before, report[1]);
    close(report[1]);
    report[1] = -1;
    bool failed = read(report[0], &reason, sizeof reason) == sizeof reason;
    TRY_OUT(wait_for(child, &signals, &ended));
    if (failed)
        TRY_OUT(start_failed(argv[0], reason));
    launch->signal = WIFSIGNALED(ended) ? WTERMSIG(ended) : 0;
    launch->exit_code = launch->signal ? 128 + launch->signal : WEXITSTATUS(ended);
out:
    for (int i = 0; i < 2; i++) {
        if (report[i] >= 0)
            close(report[i]);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

bool launch_left(const struct launch *launch, const char *name)
{
    struct strbuf path;
    strbuf_init(&path);
    strbuf_printf(&path, "%s/%s", launch->folder, name);
    bool there = access(path.text, F_OK) == 0;
    strbuf_release(&path);
    return there;
}

const char *launch_isolated(char *const *argv)
{
    const char *name = strrchr(argv[0], '/');
    name = name ? name + 1 : argv[0];
    if (strncmp(name, "python", 6) != 0)
        return NULL;
    for (int i = 1; argv[i] && argv[i][0] == '-' && argv[i][1] && argv[i][1] != '-'; i++) {
        size_t flags = strcspn(argv[i] + 1, "cmWXQ"); /* from these on a word is an option's value or the script */
        if (strcspn(argv[i] + 1, "IES") < flags)
            return argv[i];
        if (strchr("WXQ", argv[i][1 + flags]) && argv[i][1 + flags] && !argv[i][2 + flags] && argv[i + 1])
            i++;
        else if (argv[i][1 + flags] == 'c' || argv[i][1 + flags] == 'm')
            return NULL;
    }
    return NULL;
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts, (void)kind, (void)place;
    remove(path);
    return 0; /* what can't be removed stays, the rest goes */
}

void launch_release(struct launch *launch)
{
    if (launch->folder)
        nftw(launch->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    free(launch->folder);
    launch->folder = NULL;
}
