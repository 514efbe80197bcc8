/* Reading a case: the text of one step becomes rows of the raw tables, for each step. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/case.h"
#include "base/file.h"
#include "profiler/trace.h"

#define MOST 64

struct definition {
    char label[32];
    int def; /* op_def_id, kernel_def_id or conversion_def_id */
    int op;  /* index of the operator it belongs to */
    long long dur, at, thread, launch; /* launch: -1 = not told */
    int level, forward, into, parent;  /* indices, -1 = none */
    int kernel;        /* conversions: kernel_def_id, 0 = silent */
};

struct loader {
    sqlite3 *db;
    struct definition op[MOST], cv[MOST], kernel[MOST];
    int ops, cvs, kernels, kernel_defs;
    long long step_ns[MOST];
    const char *step_mode[MOST]; /* NULL = profiled as it runs */
    int step_run[MOST];
    int steps, runs;
    char *tensor[MOST * 4];
    int tensors, modules;
    char *module[MOST];
    int line;
};

static void run_sql(sqlite3 *db, const char *sql)
{
    char *error = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        ck_abort_msg("%s in: %s", error, sql);
}

/* SQL with the formats of sqlite3_mprintf, of which %Q is the one that matters. */
static void insert(struct loader *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    run_sql(self->db, sql);
    sqlite3_free(sql);
}

static char *read_file(const char *path)
{
    struct strbuf text;
    strbuf_init(&text);
    ck_assert_msg(file_read(path, &text) == STATUS_OK, "%s", path);
    return strbuf_take(&text);
}

char *case_read(const char *name)
{
    struct strbuf path;
    strbuf_init(&path);
    strbuf_printf(&path, PROJECT_DIR "/tests/analysis/cases/%s", name);
    char *text = read_file(path.text);
    strbuf_release(&path);
    return text;
}

sqlite3 *case_database(void)
{
    static const char *const scripts[] = {PROJECT_DIR "/profiler/sql/schema.sql", PROJECT_DIR "/profiler/sql/views.sql",
                                          PROJECT_DIR "/profiler/sql/indexes.sql"};
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (int i = 0; i < 3; i++) {
        char *sql = read_file(scripts[i]);
        run_sql(db, sql);
        free(sql);
    }
    return db;
}

/* The value of "key=value" among the words, NULL when it isn't there. */
static const char *value_of(char **words, int count, const char *key)
{
    size_t length = strlen(key);
    for (int i = 0; i < count; i++) {
        if (strncmp(words[i], key, length) == 0 && words[i][length] == '=')
            return words[i] + length + 1;
    }
    return NULL;
}

static long long number_of(char **words, int count, const char *key, long long otherwise)
{
    const char *value = value_of(words, count, key);
    return value ? atoll(value) : otherwise;
}

/* The same text gets the same number, from 1. */
static int number_text(char **texts, int *count, int most, const char *text)
{
    for (int i = 0; i < *count; i++) {
        if (strcmp(texts[i], text) == 0)
            return i + 1;
    }
    ck_assert_int_lt(*count, most);
    texts[*count] = strdup(text);
    return ++*count;
}

static const char *format_word(const char *letter)
{
    static const char *const words[][2] = {
        {"c", "contiguous"}, {"cl", "channels_last"}, {"e", "either"}, {"b", "blocked"}, {"s", "strided"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(letter, words[i][0]) == 0)
            return words[i][1];
    }
    return NULL;
}

/* "name!:format" -> number, whether persistent, format. */
static int parse_tensor(struct loader *self, const char *text, bool *persistent, const char **format)
{
    char name[64];
    ck_assert_msg(strlen(text) < sizeof name, "line %d: %s", self->line, text);
    strcpy(name, text);
    char *colon = strchr(name, ':');
    *format = NULL;
    if (colon) {
        *colon = '\0';
        *format = strchr(text, ':') + 1;
    }
    *persistent = *name && name[strlen(name) - 1] == '!';
    return number_text(self->tensor, &self->tensors, MOST * 4, name);
}

static void add_tensors(struct loader *self, int def, const char *direction, const char *list)
{
    char copy[512], *rest = copy, *one;
    ck_assert_msg(!list || strlen(list) < sizeof copy, "line %d: too long", self->line);
    strcpy(copy, list ? list : "");
    for (int position = 0; (one = strtok_r(rest, ",", &rest)); position++) {
        bool persistent;
        const char *format;
        int number = parse_tensor(self, one, &persistent, &format);
        ck_assert_msg(format, "line %d: %s has no format", self->line, one);
        const char *shape = *format == '2' ? "[8, 16]" : *format == '5' ? "[8, 2, 8, 4, 4]" : "[8, 16, 4, 4]";
        insert(self, "INSERT INTO op_tensor_def VALUES (%d, %Q, %d, %d, %d, 'float32', %Q, %Q, %Q, 8192)", def,
               direction, position, number, persistent, shape, *format == '5' ? "[256, 128, 16, 4, 1]" : NULL,
               format_word(format));
    }
}

static int add_module(struct loader *self, const char *path)
{
    int before = self->modules, number = number_text(self->module, &self->modules, MOST, path), parent = 0;
    if (number <= before)
        return number;
    char above[128];
    strcpy(above, path);
    char *dot = strrchr(above, '.');
    if (*path) {
        *(dot ? dot : above) = '\0';
        parent = add_module(self, above);
    }
    insert(self, "INSERT INTO module VALUES (%d, nullif(%d, 0), %Q, NULL)", number, parent, path);
    return number;
}

static int find_op(struct loader *self, const char *label)
{
    for (int i = 0; label && i < self->ops; i++) {
        if (strcmp(self->op[i].label, label) == 0)
            return i;
    }
    ck_assert_msg(!label, "line %d: no operator %s", self->line, label);
    return -1;
}

static void read_op(struct loader *self, char **words, int count)
{
    ck_assert_msg(count >= 4 && self->ops < MOST, "line %d: op LABEL NAME@PATH PHASE", self->line);
    struct definition *op = &self->op[self->ops];
    char *path = strchr(words[2], '@');
    int module = path ? add_module(self, path + 1) : 0;
    if (path)
        *path = '\0';
    snprintf(op->label, sizeof op->label, "%s", words[1]);
    op->dur = number_of(words, count, "dur", 100);
    op->at = number_of(words, count, "at", -1);
    op->thread = number_of(words, count, "thread", 1);
    op->level = (int)number_of(words, count, "level", 0);
    op->parent = find_op(self, value_of(words, count, "parent"));
    op->forward = find_op(self, value_of(words, count, "forward"));
    op->into = find_op(self, value_of(words, count, "into"));
    op->def = ++self->ops;
    insert(self,
           "INSERT INTO op_def (op_def_id, name, phase, module_id, sequence) VALUES (%d, %Q, %Q, nullif(%d, 0), %d)",
           op->def, words[2], words[3], module, op->def);
    add_tensors(self, op->def, "in", value_of(words, count, "in"));
    add_tensors(self, op->def, "out", value_of(words, count, "out"));
}

static int add_kernel_def(struct loader *self, const char *stream, const char *role)
{
    insert(self, "INSERT INTO kernel_def (kernel_def_id, name, stream, role) VALUES (%d, 'kernel', %Q, %Q)",
           ++self->kernel_defs, stream, role);
    return self->kernel_defs;
}

static void read_end(struct loader *self, const char *text, char number[16], char persistent[4])
{
    strcpy(number, "NULL");
    strcpy(persistent, "0");
    if (!text)
        return;
    bool kept;
    const char *format;
    snprintf(number, 16, "%d", parse_tensor(self, text, &kept, &format));
    persistent[0] = kept ? '1' : '0';
}

static void read_cv(struct loader *self, char **words, int count)
{
    ck_assert_msg(count >= 3 && self->cvs < MOST && self->ops > 0, "line %d: cv CAUSE FROM>TO", self->line);
    struct definition *cv = &self->cv[self->cvs];
    char *to = strchr(words[2], '>'), source[16], dest[16], kept[2][4];
    bool silent = strcmp(words[count - 1], "silent") == 0;
    ck_assert_msg(to, "line %d: FROM>TO", self->line);
    *to++ = '\0';
    cv->op = self->ops - 1;
    cv->dur = number_of(words, count, "dur", 10);
    cv->at = number_of(words, count, "at", -1);
    cv->launch = number_of(words, count, "launch", -1);
    cv->kernel = silent ? 0 : add_kernel_def(self, value_of(words, count, "stream"), "conversion");
    cv->def = ++self->cvs;
    read_end(self, value_of(words, count, "src"), source, kept[0]);
    read_end(self, value_of(words, count, "dst"), dest, kept[1]);
    insert(self,
           "INSERT INTO conversion_def VALUES (%d, %Q, %Q, %Q, NULL, 1000, nullif(%d, 0), NULL, NULL, 0, 0, %s, %s, "
           "%s, %s)",
           cv->def, words[1], format_word(words[2]), format_word(to), silent ? 0 : 1000, source, kept[0], dest,
           kept[1]);
}

static void read_kernel(struct loader *self, char **words, int count)
{
    ck_assert_msg(self->kernels < MOST && self->ops > 0, "line %d: kernel", self->line);
    struct definition *kernel = &self->kernel[self->kernels++];
    kernel->op = self->ops - 1;
    kernel->dur = number_of(words, count, "dur", 10);
    kernel->at = number_of(words, count, "at", 0);
    kernel->launch = number_of(words, count, "launch", -1);
    kernel->def = add_kernel_def(self, value_of(words, count, "stream"), value_of(words, count, "role"));
}

/* A line of measurements of the operator above: repetitions in ns, "180,200,190". */
static void read_measure(struct loader *self, char **words, int count)
{
    ck_assert_msg(count >= 3 && self->ops > 0, "line %d: measure VARIANT NS,NS,...", self->line);
    const char *at = words[2];
    long long library = number_of(words, count, "library", 0), kernel = number_of(words, count, "kernel", -1);
    for (int repetition = 0; *at; repetition++) {
        char *end;
        long long dur = strtoll(at, &end, 10);
        insert(self, "INSERT INTO format_measurement VALUES (%d, %Q, %d, %lld, %lld, %lld)", self->ops, words[1],
               repetition, dur, library, kernel < 0 ? dur - library : kernel);
        at = end + (*end == ',');
    }
    insert(self, "INSERT OR IGNORE INTO measured_op VALUES (%d, %d)", self->ops, self->ops);
}

static void read_run(struct loader *self, char **words, int count)
{
    const char *source = value_of(words, count, "source");
    insert(self, "INSERT INTO run (run_id, source, batch_size, warmup_steps)"
                 " VALUES (%d, %Q, nullif(%lld, 0), nullif(%lld, -1))",
           ++self->runs, source ? source : "train", number_of(words, count, "batch", 0),
           number_of(words, count, "warmup", -1));
}

static void read_steps(struct loader *self, char **words, int count)
{
    for (int i = 1; i < count && strcmp(words[i], "none") != 0; i++) {
        char mode = words[i][strlen(words[i]) - 1];
        ck_assert_int_lt(self->steps, MOST);
        self->step_mode[self->steps] = mode == 'u'   ? "undisturbed"
                                       : mode == 't' ? "timed"
                                       : mode == 'r' ? "recorded"
                                                     : NULL;
        self->step_run[self->steps] = self->runs;
        self->step_ns[self->steps++] = atoll(words[i]);
    }
}

static void read_line(struct loader *self, char *line)
{
    char *words[32], *rest = line, *word;
    int count = 0;
    while (count < 32 && (word = strtok_r(rest, " ", &rest)))
        words[count++] = word;
    if (count == 0 || words[0][0] == '#')
        return;
    if (strcmp(words[0], "op") == 0) {
        read_op(self, words, count);
    } else if (strcmp(words[0], "cv") == 0) {
        read_cv(self, words, count);
    } else if (strcmp(words[0], "kernel") == 0) {
        read_kernel(self, words, count);
    } else if (strcmp(words[0], "measure") == 0) {
        read_measure(self, words, count);
    } else if (strcmp(words[0], "run") == 0) {
        read_run(self, words, count);
    } else if (strcmp(words[0], "steps") == 0) {
        read_steps(self, words, count);
    } else if (strcmp(words[0], "policy") == 0 && count == 3) {
        insert(self, "INSERT INTO policy_rule (op_name, rule, breaks) VALUES (%Q, 'rule', %s)", words[1], words[2]);
    } else if (strcmp(words[0], "module") == 0 && count == 2) {
        add_module(self, words[1]);
    } else {
        ck_abort_msg("line %d: what is '%s'?", self->line, words[0]);
    }
}

static void write_kernel(struct loader *self, const char *step, int op, const struct definition *kernel, int def,
                         long long begin, long long start)
{
    insert(self,
           "INSERT INTO kernel (step_id, op_id, kernel_def_id, start_ns, dur_ns, launch_ns)"
           " VALUES (%s, %d, %d, %lld, %lld, nullif(%lld, -1))",
           step, op, def, start, kernel->dur, kernel->launch < 0 ? -1 : begin + kernel->launch);
}

/* Conversions of an operator follow one another from its start. */
static void write_conversions(struct loader *self, const char *step, int index, int op_id, long long begin,
                              long long start)
{
    for (int i = 0; i < self->cvs; i++) {
        const struct definition *cv = &self->cv[i];
        if (cv->op != index)
            continue;
        if (cv->at >= 0)
            start = begin + cv->at;
        if (cv->kernel)
            write_kernel(self, step, op_id, cv, cv->kernel, begin, start);
        insert(self,
               cv->kernel ? "INSERT INTO conversion VALUES (NULL, %s, %d, %d, last_insert_rowid(), %lld, %lld)"
                          : "INSERT INTO conversion VALUES (NULL, %s, %d, %d, NULL, %lld, NULL * %lld)",
               step, op_id, cv->def, start, cv->dur);
        start += cv->kernel ? cv->dur : 0;
    }
}

static void write_step(struct loader *self, const char *step, int number, long long begin)
{
    long long at = begin;
    for (int i = 0; i < self->ops; i++) {
        const struct definition *op = &self->op[i];
        int id = number * self->ops + i + 1;
        long long start = op->at >= 0 ? begin + op->at : at;
        insert(self,
               "INSERT INTO op (op_id, step_id, op_def_id, forward_op_id, fused_into, thread_id, start_ns, dur_ns, level,"
               " parent_op_id) VALUES (%d, %s, %d, nullif(%d, 0), nullif(%d, 0), %lld, %lld, %lld, %d, nullif(%d, 0))",
               id,
               step, op->def, op->forward < 0 ? 0 : number * self->ops + op->forward + 1,
               op->into < 0 ? 0 : number * self->ops + op->into + 1, op->thread, start, op->dur, op->level,
               op->parent < 0 ? 0 : number * self->ops + op->parent + 1);
        if (op->into >= 0)
            insert(self, "UPDATE op SET start_ns = NULL, dur_ns = NULL WHERE op_id = %d", id);
        write_conversions(self, step, i, id, begin, start);
        for (int k = 0; k < self->kernels; k++) {
            if (self->kernel[k].op == i)
                write_kernel(self, step, id, &self->kernel[k], self->kernel[k].def, begin,
                             begin + self->kernel[k].at);
        }
        if (op->at < 0 && op->into < 0 && op->level == 0)
            at += op->dur;
    }
}

static void write_steps(struct loader *self)
{
    long long begin = 1000000;
    char step[16];
    if (self->steps == 0)
        write_step(self, "NULL", 0, begin);
    for (int i = 0; i < self->steps; i++) {
        snprintf(step, sizeof step, "%d", i + 1);
        int first = i;
        while (first > 0 && self->step_run[first - 1] == self->step_run[i])
            first--;
        insert(self,
               "INSERT INTO step (step_id, run_id, step_index, start_ns, dur_ns, mode)"
               " VALUES (%d, %d, %d, %lld, %lld, %Q)",
               i + 1, self->step_run[i], i - first, begin, self->step_ns[i], self->step_mode[i]);
        if (!self->step_mode[i] || strcmp(self->step_mode[i], "undisturbed") != 0)
            write_step(self, step, i, begin);
        begin += self->step_ns[i] + 1000;
    }
}

const char *case_load(sqlite3 *db, const char *text)
{
    struct loader *self = calloc(1, sizeof *self);
    const char *next = text;
    self->db = db;
    while (*next && strncmp(next, "expect\n", 7) != 0) {
        size_t length = strcspn(next, "\n");
        char *line = strndup(next, length);
        self->line++;
        read_line(self, line);
        free(line);
        next += length + (next[length] == '\n');
    }
    write_steps(self);
    for (int i = 0; i < self->tensors; i++)
        free(self->tensor[i]);
    for (int i = 0; i < self->modules; i++)
        free(self->module[i]);
    free(self);
    return *next ? next + 7 : next;
}

double case_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *row;
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK, "%s: %s", sqlite3_errmsg(db), sql);
    ck_assert_int_eq(sqlite3_step(row), SQLITE_ROW);
    double value = sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    return value;
}
