/* Policies: the embedded ones by name, and the reader of their .tsv form. */
#include "kernels/policy.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/file.h"  /* file_read: policies of the user */
#include "base/names.h" /* names_nearest: for words that are not there */

#define SUFFIX ".tsv"
#define MAX_POLICIES 32
#define NAME_BYTES 64

extern const struct embedded_text policy_files[]; /* made by the build from policy/ */

struct rule_row {
    const char *name, *meaning;
    bool breaks;
};

static const struct rule_row rule_rows[RULE_COUNT] = {
#define RULE(id, name, meaning) {name, meaning, RULE_##id == RULE_CONTIGUOUS || RULE_##id == RULE_SILENT},
    LAYOUT_RULES(RULE)
#undef RULE
};

static const char *const rule_names[RULE_COUNT] = {
#define RULE(id, name, meaning) name,
    LAYOUT_RULES(RULE)
#undef RULE
};

static const char *const operator_names[OP_COUNT] = {
#define OP(id, object, name, inputs, outputs, flags) name,
#include "kernels/ops.def"
#undef OP
};

static const char *const device_names[] = {"cpu", "cuda"};
static const char *const evidence_names[] = {"run", "read", "own"};
static const char *const autocast_names[] = {"bfloat16", "float16"};
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Names of the embedded policies, without suffix. */
static char embedded_names[MAX_POLICIES][NAME_BYTES];
static const char *embedded_list[MAX_POLICIES];
static int embedded_count;
static pthread_once_t names_made = PTHREAD_ONCE_INIT;

static void make_names(void)
{
    for (const struct embedded_text *file = policy_files; file->name && embedded_count < MAX_POLICIES; file++) {
        size_t length = strlen(file->name) - strlen(SUFFIX);
        snprintf(embedded_names[embedded_count], NAME_BYTES, "%.*s", (int)length, file->name);
        embedded_list[embedded_count] = embedded_names[embedded_count];
        embedded_count++;
    }
}

int policy_count(void)
{
    pthread_once(&names_made, make_names);
    return embedded_count;
}

const char *policy_name(int index)
{
    return index >= 0 && index < policy_count() ? embedded_list[index] : NULL;
}

const char *policy_default(const char *device)
{
    const char *newest = NULL;
    int best = -1;

    for (int i = 0; i < policy_count(); i++) {
        int major, minor, end = 0;
        if (sscanf(policy_name(i), "torch-%d.%d-%n", &major, &minor, &end) != 2 || !end ||
            strcmp(policy_name(i) + end, device) != 0 || major * 1000 + minor <= best)
            continue;
        best = major * 1000 + minor;
        newest = policy_name(i);
    }
    return newest;
}

const char *layout_rule_name(enum layout_rule rule)
{
    return rule_rows[rule].name;
}

const char *layout_rule_meaning(enum layout_rule rule)
{
    return rule_rows[rule].meaning;
}

bool layout_rule_breaks(enum layout_rule rule)
{
    return rule_rows[rule].breaks;
}

/* Where the reader is: the file's name, the row, and what was read. */
struct reader {
    struct policy *policy;
    const char *file;
    int line;
    bool autocast_seen;
};

static int find_name(const char *word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, names[i]) == 0)
            return (int)i;
    return -1;
}

/* "FILE:12: 'contigous' is no rule; allowed: any, input, ..." */
static enum status refuse_word(const struct reader *reader, const char *word, const char *what,
                               const char *const *names, size_t count)
{
    struct strbuf allowed;
    strbuf_init(&allowed);
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&allowed, "%s%s", i ? ", " : "", names[i]);
    enum status status =
        FAIL(CORRUPT, "%s:%d: '%s' is no %s; allowed: %s", reader->file, reader->line, word, what, allowed.text);
    strbuf_release(&allowed);
    return status;
}

/* Operators are too many to name, so the nearest are. */
static enum status refuse_operator(const struct reader *reader, const char *word)
{
    struct strbuf near;
    strbuf_init(&near);
    size_t found = names_nearest(&near, word, operator_names, OP_COUNT, 3);
    enum status status = FAIL(CORRUPT, "%s:%d: '%s' is no operator; %s%s", reader->file, reader->line, word,
                              found ? "near: " : "clprof ops lists them", near.text);
    strbuf_release(&near);
    return status;
}

/* Cuts `line` at its tabs into at most `most` fields; returns how many there are, counting those beyond. */
static int split_fields(char *line, char **field, int most)
{
    int count = 0;
    while (line) {
        char *tab = strchr(line, '\t');
        if (tab)
            *tab++ = '\0';
        if (count < most)
            field[count] = line;
        count++;
        line = tab;
    }
    return count;
}

static enum status read_header(struct reader *reader, const char *key, const char *word)
{
    if (strcmp(key, "device") == 0) {
        int device = find_name(word, device_names, COUNT(device_names));
        if (device < 0)
            return refuse_word(reader, word, "device", device_names, COUNT(device_names));
        reader->policy->device = device_names[device];
        return STATUS_OK;
    }
    if (strcmp(key, "autocast") != 0)
        return FAIL(CORRUPT, "%s:%d: '%s' is no header; headers are device and autocast", reader->file, reader->line,
                    key);
    if (find_name(word, autocast_names, COUNT(autocast_names)) < 0)
        return refuse_word(reader, word, "autocast dtype", autocast_names, COUNT(autocast_names));
    reader->autocast_seen = true;
    return STATUS_OK;
}

static enum status read_row(struct reader *reader, char *const *field)
{
    struct policy_row *rows = reader->policy->row;
    if (op_find(field[0]) == OP_COUNT)
        return refuse_operator(reader, field[0]);
    int rule = find_name(field[1], rule_names, RULE_COUNT);
    if (rule < 0)
        return refuse_word(reader, field[1], "rule", rule_names, RULE_COUNT);
    if (find_name(field[2], evidence_names, COUNT(evidence_names)) < 0)
        return refuse_word(reader, field[2], "evidence", evidence_names, COUNT(evidence_names));
    if (!field[3][0])
        return FAIL(CORRUPT, "%s:%d: %s has no source; say where the rule was read or observed", reader->file,
                    reader->line, field[0]);
    if (rows[op_find(field[0])].evidence)
        return FAIL(CORRUPT, "%s:%d: a second row for %s; leave one", reader->file, reader->line, field[0]);
    for (int op = 0; op < OP_COUNT; op++)
        if (strcmp(operator_names[op], field[0]) == 0)
            rows[op] = (struct policy_row){(enum layout_rule)rule, field[2], field[3]};
    return STATUS_OK;
}

static enum status read_line(struct reader *reader, char *line)
{
    char *field[4];
    size_t length = strlen(line);

    if (length && line[length - 1] == '\r')
        line[length - 1] = '\0';
    if (!*line || *line == '#')
        return STATUS_OK;
    int count = split_fields(line, field, 4);
    if (count == 2)
        return read_header(reader, field[0], field[1]);
    if (count == 4)
        return read_row(reader, field);
    return FAIL(CORRUPT,
                "%s:%d: %d fields; a row has 4 with tabs between (operator, rule, evidence, source), a header 2",
                reader->file, reader->line, count);
}

static enum status check_complete(const struct reader *reader)
{
    if (!reader->policy->device)
        return FAIL(CORRUPT, "%s: no device; add a line \"device<TAB>cpu\" or \"device<TAB>cuda\"", reader->file);
    if (!reader->autocast_seen)
        return FAIL(CORRUPT, "%s: no autocast; add a line \"autocast<TAB>bfloat16\" or \"autocast<TAB>float16\"",
                    reader->file);
    for (int op = 0; op < OP_COUNT; op++)
        if (!reader->policy->row[op].evidence)
            return FAIL(CORRUPT, "%s: no row for %s; every operator needs one (copy it from policy %s)", reader->file,
                        operator_names[op], policy_default("cpu"));
    return STATUS_OK;
}

/* Reads policy->text from `at` on, which is cut into strings on the way. */
static enum status read_text(struct policy *policy, char *at)
{
    struct reader reader = {.policy = policy, .file = policy->name};

    while (at) {
        char *end = strchr(at, '\n');
        if (end)
            *end++ = '\0';
        reader.line++;
        TRY(read_line(&reader, at));
        at = end;
    }
    return check_complete(&reader);
}

static bool is_path(const char *name)
{
    size_t length = strlen(name), suffix = strlen(SUFFIX);
    return strchr(name, '/') || (length >= suffix && strcmp(name + length - suffix, SUFFIX) == 0);
}

static enum status refuse_name(const char *name)
{
    struct strbuf near;
    strbuf_init(&near);
    size_t found = names_nearest(&near, name, embedded_list, (size_t)policy_count(), 3);
    for (int i = 0; i < policy_count() && !found; i++)
        strbuf_printf(&near, "%s%s", i ? ", " : "", policy_name(i));
    enum status status = FAIL(NOT_FOUND, "no policy is called '%s'; %s %s; a file's name ends in .tsv", name,
                              found ? "near:" : "there are", near.text);
    strbuf_release(&near);
    return status;
}

enum status policy_load(struct policy *policy, const char *name_or_path)
{
    enum status status = STATUS_OK;
    struct strbuf text;

    *policy = (struct policy){0};
    strbuf_init(&text);
    /* The name comes first, so that it lives as long as the rest. A file is called as it was given. */
    strbuf_append_bytes(&text, name_or_path, strlen(name_or_path) + 1);
    size_t start = text.length;
    if (is_path(name_or_path)) {
        TRY_OUT(file_read(name_or_path, &text));
    } else {
        char file[NAME_BYTES + sizeof SUFFIX];
        snprintf(file, sizeof file, "%s" SUFFIX, name_or_path);
        const char *embedded = strlen(name_or_path) < NAME_BYTES ? embed_find(policy_files, file) : NULL;
        if (!embedded) {
            status = refuse_name(name_or_path);
            goto out;
        }
        strbuf_append(&text, embedded);
    }
    policy->text = strbuf_take(&text);
    policy->name = policy->text;
    status = read_text(policy, policy->text + start);
out:
    strbuf_release(&text);
    if (status != STATUS_OK)
        policy_release(policy);
    return status;
}

void policy_release(struct policy *policy)
{
    free(policy->text);
    *policy = (struct policy){0};
}
