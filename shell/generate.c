/*
 * clprof_shell: writes what a shell wants of clprof, at build time. A file stands under its name only when it is whole.
 *
 *   clprof_shell man FOLDER DATE VERSION    FOLDER/clprof.1 and FOLDER/clprof-COMMAND.1 for every command
 *   clprof_shell bash FILE
 *   clprof_shell zsh FILE
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "commands/commands.h"
#include "shell/completion.h"
#include "shell/man.h"

static enum status write_text(const char *path, const struct strbuf *text)
{
    struct file_writer writer = {0};
    enum status status;

    TRY_OUT(file_create(&writer, path));
    fwrite(text->text, 1, text->length, writer.stream);
    TRY_OUT(file_commit(&writer));
out:
    file_abandon(&writer);
    return status;
}

static enum status write_page(const char *folder, const struct man_edition *edition, const struct command *command)
{
    struct strbuf path, page;

    strbuf_init(&path);
    strbuf_init(&page);
    strbuf_printf(&path, "%s/clprof%s%s.1", folder, command ? "-" : "", command ? command->name : "");
    if (command)
        man_command(&page, edition, command);
    else
        man_program(&page, edition);
    enum status status = write_text(path.text, &page);
    strbuf_release(&page);
    strbuf_release(&path);
    return status;
}

static enum status write_pages(const char *folder, const struct man_edition *edition)
{
    TRY(write_page(folder, edition, NULL));
    for (size_t i = 0; i < command_count; i++)
        TRY(write_page(folder, edition, command_list[i]));
    return STATUS_OK;
}

static enum status write_completion(void (*complete)(struct strbuf *out), const char *path)
{
    struct strbuf text;

    strbuf_init(&text);
    complete(&text);
    enum status status = write_text(path, &text);
    strbuf_release(&text);
    return status;
}

static enum status generate(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "man") == 0)
        return write_pages(argv[2], &(struct man_edition){argv[3], argv[4]});
    if (argc == 3 && strcmp(argv[1], "bash") == 0)
        return write_completion(completion_bash, argv[2]);
    if (argc == 3 && strcmp(argv[1], "zsh") == 0)
        return write_completion(completion_zsh, argv[2]);
    return FAIL(USAGE, "write clprof_shell man FOLDER DATE VERSION, clprof_shell bash FILE or clprof_shell zsh FILE");
}

int main(int argc, char **argv)
{
    enum status status = generate(argc, argv);

    if (status != STATUS_OK)
        fprintf(stderr, "clprof_shell: %s\n", status_message());
    return status_exit_code(status);
}
