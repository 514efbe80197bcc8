/*
 * Somebody else's CUDA program, on paper: it begins as the driver does (loads CUDA_INJECTION64_PATH, calls InitializeInjection
 * twice), then "runs" kernels. Its one argument is what goes wrong: none, taken, fork, kill, idle.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cupti/paper_cupti.h"

/* What the driver does when a process first asks for CUDA. */
static void begin_cuda(void)
{
    const char *path = getenv("CUDA_INJECTION64_PATH");
    void *library = path ? dlopen(path, RTLD_NOW) : NULL;
    int (*initialize)(void) = NULL;
    void *found = library ? dlsym(library, "InitializeInjection") : NULL;

    if (path && !found)
        fprintf(stderr, "no injection: %s\n", dlerror());
    memcpy(&initialize, &found, sizeof found);
    if (found)
        printf("injection %d %d\n", initialize(), initialize());
}

static void run_step(void)
{
    int64_t now = clock_ns();

    paper_copy(4096, now, now + 500, 8);
    paper_launch("_ZN5cudnn3ops16nchwToNhwcKernelI6__halfS2_fEEvi", now + 500, now + 1500, 7);
    paper_launch("sm80_xmma_fprop", now + 1500, now + 5500, 7);
    paper_launch("_ZN5cudnn3ops16nhwcToNchwKernelI6__halfS2_fEEvi", now + 5500, now + 7500, 7);
    usleep(1000); /* the next step comes behind it */
}

int main(int argc, char **argv)
{
    const char *wrong = argc > 1 ? argv[1] : "none";
    pid_t child;

    paper_taken(strcmp(wrong, "taken") == 0 ? "CUPTI for nsys" : NULL);
    begin_cuda();
    if (strcmp(wrong, "idle") == 0)
        return 0;
    run_step();
    if (strcmp(wrong, "fork") == 0) {
        child = fork();
        if (child == 0)
            exit(0); /* its exit handlers run, too */
        waitpid(child, NULL, 0);
    }
    if (strcmp(wrong, "kill") == 0) {
        usleep(600000);
        raise(SIGKILL);
    }
    run_step();
    fflush(stdout);
    return strcmp(wrong, "exit3") == 0 ? 3 : 0;
}
