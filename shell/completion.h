/* Completions for the shells, as whole files. */
#ifndef SHELL_COMPLETION_H
#define SHELL_COMPLETION_H

#include "base/embed.h"
#include "base/strbuf.h"

extern const struct embedded_text completion_files[]; /* completion.bash, completion.zsh */

void completion_bash(struct strbuf *out);
void completion_zsh(struct strbuf *out);

#endif
