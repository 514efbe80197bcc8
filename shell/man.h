/* clprof(1) and clprof-COMMAND(1). */
#ifndef SHELL_MAN_H
#define SHELL_MAN_H

#include "base/command.h"

struct man_edition {
    const char *date;    /* "2026-11-25": of the release */
    const char *version; /* "0.1.0" */
};

void man_program(struct strbuf *out, const struct man_edition *edition);
void man_command(struct strbuf *out, const struct man_edition *edition, const struct command *command);

#endif
