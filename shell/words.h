/*
 * What a placeholder in a usage line stands for, and what a shell may offer for it.
 *
 * To make a new placeholder complete: one row in words.c.
 */
#ifndef SHELL_WORDS_H
#define SHELL_WORDS_H

#include <stdbool.h>

#include "base/command.h"

enum word_kind {
    WORDS_NONE,    /* a number, a name: nothing to offer */
    WORDS_LIST,    /* these words and no others */
    WORDS_FOLDERS, /* these words, or a folder */
    WORDS_TRACES,  /* a file *.db */
    WORDS_FILES,
    WORDS_COMMAND  /* a command line with its arguments */
};

/* The word that stands for a kind in generated tables: "none", "list", ... */
const char *word_kind_name(enum word_kind kind);

/* What `placeholder` stands for; its words, if any, are appended to `words`, parted by blanks. */
enum word_kind words_of_placeholder(const char *placeholder, struct strbuf *words);

/* The same of an option's value; NONE for a flag. */
enum word_kind words_of_option(const struct option *option, struct strbuf *words);

/* One argument of a usage line: "TRACE", "[SQL]", "FILE...", "-- COMMAND...". */
struct argument {
    char name[32];
    bool optional; /* stood in brackets */
    bool repeated; /* ended in "..." */
};

/* Reads the next argument at *usage, which is moved behind it. False at the end. */
bool argument_next(const char **usage, struct argument *argument);

#endif
