/* Texts in the language of man pages (man(7)): escapes, paragraphs, entries. */
#ifndef SHELL_ROFF_H
#define SHELL_ROFF_H

#include "base/strbuf.h"

/*
 * Appends `text` so that the page shows exactly these characters: backslash, hyphen, quotes, caret, grave and tilde become
 * escapes, and no line begins with a control character. The text is one line.
 */
void roff_text(struct strbuf *out, const char *text);

/* Paragraphs parted by empty lines; the first begins where the caller stands. What stands in `backquotes` is set in bold. */
void roff_paragraphs(struct strbuf *out, const char *text);

/* ".SH NAME" */
void roff_section(struct strbuf *out, const char *name);

/* ".B TEXT" and ".I TEXT", as lines of their own. */
void roff_bold(struct strbuf *out, const char *text);
void roff_italic(struct strbuf *out, const char *text);

#endif
