/* The list of commands. */
#include "commands/commands.h"

const struct command *const command_list[] = {
#define COMMAND(name) &command_##name,
#include "commands/commands.def"
#undef COMMAND
};

const size_t command_count = sizeof command_list / sizeof *command_list;
