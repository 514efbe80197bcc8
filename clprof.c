/* clprof: the list of commands, and main. To add a command: commands/cmd_x.c and a row here. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"

static const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "commands/commands.def"
#undef COMMAND
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static void print_help(FILE *out)
{
    fprintf(out, "clprof finds channel thrashing: operators that force a convnet's tensors out of channels-last.\n\n"
                 "usage: clprof COMMAND ...    (-h after any command tells its options)\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
}

static int unknown_command(const char *name)
{
    const char *names[COMMANDS];
    struct strbuf near;
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i]->name;
    strbuf_init(&near);
    size_t found = names_nearest(&near, name, names, COMMANDS, 3);
    fprintf(stderr, "clprof: no command '%s'; %s%s%s`clprof -h` lists all\n", name, found ? "did you mean " : "",
            near.text, found ? "? " : "");
    strbuf_release(&near);
    return status_exit_code(STATUS_USAGE);
}

int main(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a failed write, told like a full disk, and no death */
    if (argc < 2) {
        print_help(stderr);
        return status_exit_code(STATUS_USAGE);
    }
    if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("clprof %s\n", CLPROF_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i]->name) == 0)
            return commands[i]->run(commands[i], argc - 1, argv + 1);
    }
    return unknown_command(argv[1]);
}
