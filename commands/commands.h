/* The rows of all commands. */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

#include "base/command.h"
#include "base/names.h"

#define COMMAND(name) extern const struct command command_##name;
#include "commands/commands.def"
#undef COMMAND

/* All of them, in the order of `clprof -h`. */
extern const struct command *const command_list[];
extern const size_t command_count;

/*
 * Appends the versions of the libraries that this process has loaded, a line each. libjpeg-turbo and ISA-L don't tell
 * theirs at run time; of those it is the version that clprof was compiled with, and the line says so.
 */
void append_library_versions(struct strbuf *out);

#endif
