/* clprof: main. What the first word may be; the commands themselves stand in commands/commands.def. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/wrap.h"
#include "commands/commands.h"

static void print_help(FILE *out)
{
    struct strbuf text;

    strbuf_init(&text);
    strbuf_append(&text, "clprof finds channel thrashing: operators that force a convnet's tensors out of\n"
                         "channels-last.\n\n"
                         "usage: clprof COMMAND ...\n"
                         "       clprof COMMAND -h, or clprof help COMMAND: options and examples\n"
                         "       clprof --version\n\n");
    for (size_t i = 0; i < command_count; i++) {
        strbuf_printf(&text, "  %-9s ", command_list[i]->name);
        wrap_append(&text, command_list[i]->summary, 12, 12);
    }
    fputs(text.text, out);
    strbuf_release(&text);
}

static void print_version(void)
{
    struct strbuf text;

    strbuf_init(&text);
    append_library_versions(&text);
    printf("clprof %s\n%s", CLPROF_VERSION, text.text);
    strbuf_release(&text);
}

static int unknown_command(const char *name)
{
    struct strbuf near;
    const char *names[64];
    size_t count = 0;

    for (; count < command_count && count < sizeof names / sizeof *names; count++)
        names[count] = command_list[count]->name;
    strbuf_init(&near);
    size_t found = names_nearest(&near, name, names, count, 3);
    fprintf(stderr, "clprof: no command '%s'; %s%s%s`clprof -h` lists all\n", name, found ? "did you mean " : "",
            near.text, found ? "? " : "");
    strbuf_release(&near);
    return status_exit_code(STATUS_USAGE);
}

static int run_command(int argc, char **argv)
{
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(argv[0], command_list[i]->name) == 0)
            return command_list[i]->run(command_list[i], argc, argv);
    return unknown_command(argv[0]);
}

/* clprof help [COMMAND] */
static int help(int argc, char **argv)
{
    if (argc == 1) {
        print_help(stdout);
        return 0;
    }
    if (argc > 2) {
        fprintf(stderr, "clprof: '%s' is one argument too many: write clprof help COMMAND\n", argv[2]);
        return status_exit_code(STATUS_USAGE);
    }
    return run_command(2, (char *[]){argv[1], "-h", NULL});
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
        print_version();
        return 0;
    }
    if (strcmp(argv[1], "help") == 0)
        return help(argc - 1, argv + 1);
    return run_command(argc - 1, argv + 1);
}
