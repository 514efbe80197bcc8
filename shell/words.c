/* Placeholders and their words: one table; the words come from the lists that the program itself uses. */
#include "shell/words.h"

#include <string.h>

#include "commands/commands.h"
#include "kernels/policy.h"
#include "reports/report.h" /* report_view */
#include "trainer/models.h"

static void append_word(struct strbuf *words, const char *word)
{
    if (words->length)
        strbuf_append(words, " ");
    strbuf_append(words, word);
}

static void append_models(struct strbuf *words)
{
    for (int i = 0; i < model_count(); i++)
        append_word(words, model_at(i)->name);
}

static void append_policies(struct strbuf *words)
{
    for (int i = 0; i < policy_count(); i++)
        append_word(words, policy_name(i));
}

static void append_queries(struct strbuf *words)
{
#define SECTION(name, use) append_word(words, #name);
#include "reports/sections.def"
#undef SECTION
}

static void append_views(struct strbuf *words)
{
    append_word(words, "all"); /* clprof export's own */
    for (size_t i = 0; report_view(i); i++)
        append_word(words, report_view(i));
}

/* trainer/data/sources.def: what --data takes besides a folder. */
static void append_sources(struct strbuf *words)
{
    append_word(words, "fashion-mnist synthetic");
}

static const struct placeholder {
    const char *name;
    enum word_kind kind;
    void (*append)(struct strbuf *words); /* NULL = no words */
} placeholders[] = {
    {"TRACE", WORDS_TRACES, NULL},          {"TRACE_A", WORDS_TRACES, NULL}, {"TRACE_B", WORDS_TRACES, NULL},
    {"FILE", WORDS_FILES, NULL},            {"FOLDER", WORDS_FOLDERS, NULL}, {"COMMAND", WORDS_COMMAND, NULL},
    {"MODEL", WORDS_LIST, append_models},   {"VIEW", WORDS_LIST, append_views},
    {"POLICY", WORDS_LIST, append_policies}, {"QUERY", WORDS_LIST, append_queries},
    {"DATA", WORDS_FOLDERS, append_sources},
};

static const char *const kind_names[] = {
    [WORDS_NONE] = "none",     [WORDS_LIST] = "list",   [WORDS_FOLDERS] = "folders",
    [WORDS_TRACES] = "traces", [WORDS_FILES] = "files", [WORDS_COMMAND] = "command",
};

const char *word_kind_name(enum word_kind kind)
{
    return kind_names[kind];
}

enum word_kind words_of_placeholder(const char *placeholder, struct strbuf *words)
{
    for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++) {
        const struct placeholder *row = &placeholders[i];
        if (strcmp(row->name, placeholder) != 0)
            continue;
        if (row->append)
            row->append(words);
        return row->kind;
    }
    return WORDS_NONE;
}

enum word_kind words_of_option(const struct option *option, struct strbuf *words)
{
    if (option->kind == OPTION_TEXT)
        return words_of_placeholder(option_shape(option), words);
    if (option->kind != OPTION_CHOICE)
        return WORDS_NONE;
    size_t start = words->length;
    strbuf_append(words, option->choices);
    for (char *at = words->text + start; *at; at++)
        if (*at == '|')
            *at = ' ';
    return WORDS_LIST;
}

bool argument_next(const char **usage, struct argument *argument)
{
    const char *at = *usage + strspn(*usage, " ");

    if (strncmp(at, "-- ", 3) == 0)
        at += 3;
    argument->optional = *at == '[';
    at += strspn(at, "[");
    size_t length = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    if (!length || length >= sizeof argument->name)
        return false;
    memcpy(argument->name, at, length);
    argument->name[length] = '\0';
    at += length;
    argument->repeated = strncmp(at, "...", 3) == 0;
    at += strcspn(at, " ");
    *usage = at;
    return true;
}
