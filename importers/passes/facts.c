/* Names of operators against wrappers.tsv and operators.tsv; each word of the job is looked up once. */
#include "importers/passes/facts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/embed.h"
#include "importers/passes/carry.h"

extern const struct embedded_text pass_tables[];

#define COLUMNS 5

struct row {
    const char *name; /* of table_text; ends before its tab */
    int length;
    bool open; /* the name may go on */
    const char *column[COLUMNS];
    int column_length[COLUMNS];
};

struct table {
    struct row *rows; /* ascending by name */
    int rows_count, rows_room;
};

struct word_facts {
    bool is_operator_known, is_kernel_known;
    struct operator_facts operator_;
    struct kernel_name_facts kernel;
};

struct facts {
    struct table wrappers, operators;
    struct word_facts *words; /* by word */
    int words_room;
};

static int compare_names(const char *a, int a_length, const char *b, int b_length)
{
    int order = memcmp(a, b, (size_t)(a_length < b_length ? a_length : b_length));
    return order != 0 ? order : a_length - b_length;
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return compare_names(x->name, x->length, y->name, y->length);
}

static struct row split_row(const char *line, int length)
{
    struct row row = {.name = line};
    const char *at = line, *end = line + length;
    for (int i = 0; i < COLUMNS && at <= end; i++) {
        const char *tab = memchr(at, '\t', (size_t)(end - at));
        row.column[i] = at;
        row.column_length[i] = (int)((tab ? tab : end) - at);
        at = (tab ? tab : end) + 1;
    }
    row.length = row.column_length[0];
    row.open = row.length > 0 && line[row.length - 1] == '*';
    row.length -= row.open;
    return row;
}

static enum status read_table(struct table *table, const char *file)
{
    const char *at = embed_find(pass_tables, file);
    while (at && *at) {
        int length = (int)strcspn(at, "\n");
        if (length > 0 && *at != '#')
            ARRAY_ADD(table, rows, split_row(at, length));
        at += length + (at[length] == '\n');
    }
    if (table->rows_count > 0)
        qsort(table->rows, (size_t)table->rows_count, sizeof *table->rows, compare_rows);
    return STATUS_OK;
}

/* The row of a name: the one that is equal to it, else the open one that it begins with; NULL. */
static const struct row *find_row(const struct table *table, const char *name)
{
    int length = (int)strlen(name), low = 0, high = table->rows_count;
    while (low < high) {
        int middle = (low + high) / 2;
        const struct row *row = &table->rows[middle];
        int order = compare_names(row->name, row->length, name, length);
        if (order == 0)
            return row;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    /* An open row's name is a beginning of the name, so it stands before it; few rows are open. */
    for (int i = low - 1; i >= 0 && table->rows[i].name[0] == name[0]; i--) {
        const struct row *row = &table->rows[i];
        if (row->open && strncmp(name, row->name, (size_t)row->length) == 0)
            return row;
    }
    return NULL;
}

static bool column_is(const struct row *row, int column, const char *word)
{
    return row->column_length[column] == (int)strlen(word) &&
           memcmp(row->column[column], word, (size_t)row->column_length[column]) == 0;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* "AddmmBackward", "AddmmBackward0", "MulBackward1": a node of autograd's graph. */
static bool is_backward_node(const char *name)
{
    const char *found = NULL;
    for (const char *at = strstr(name, "Backward"); at; at = strstr(at + 1, "Backward"))
        found = at + strlen("Backward");
    return found && found[strspn(found, "0123456789")] == '\0' && !strstr(name, "::");
}

/* "onednn::convolution_backward_data" */
static bool is_backward_primitive(const char *name)
{
    return begins(name, "onednn::") && strstr(name, "_backward");
}

static enum op_phase phase_of_name(const char *name)
{
    static const struct {
        const char *begins;
        enum op_phase phase;
    } spans[] = {
        {"autograd::engine::evaluate_function", PHASE_BACKWARD},
        {"torch::autograd::", PHASE_BACKWARD},
        {"enumerate(DataLoader)", PHASE_DATA},
        {"enumerate(DataPipe)", PHASE_DATA},
        {"Optimizer.step#", PHASE_OPTIMIZER},
        {"Optimizer.zero_grad#", PHASE_OPTIMIZER},
        {"aten::_amp_", PHASE_OPTIMIZER},
        {"aten::_fused_sgd", PHASE_OPTIMIZER},
        {"aten::_fused_adam", PHASE_OPTIMIZER},
        {"aten::_fused_adagrad", PHASE_OPTIMIZER},
    };
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        if (begins(name, spans[i].begins))
            return spans[i].phase;
    }
    return is_backward_node(name) || is_backward_primitive(name) ? PHASE_BACKWARD : PHASE_COUNT;
}

/* Operators have a namespace; an Inductor kernel's launcher has none. */
static bool is_operator_name(const char *name)
{
    const char *colons = strstr(name, "::");
    if (begins(name, "triton_") || begins(name, "cpp_fused_"))
        return true;
    if (!colons || colons == name)
        return false;
    for (const char *at = name; at < colons; at++) {
        if (!isalnum((unsigned char)*at) && *at != '_')
            return false;
    }
    return true;
}

static enum level_rule rule_of(const struct facts *self, const char *name)
{
    const struct row *row = find_row(&self->wrappers, name);
    if (row && row->open)
        return SPAN_IS_NO_OPERATOR;
    if (row)
        return column_is(row, 1, "nothing") ? SPAN_MAY_IDLE : SPAN_WRAPS;
    return is_operator_name(name) ? SPAN_IS_OPERATOR : SPAN_IS_NO_OPERATOR;
}

static enum operator_class class_of(const struct row *row)
{
    static const char *const words[] = {"-", "view", "factory", "copy", "mixed", "into", "reorder"};
    for (int i = 0; i < (int)(sizeof words / sizeof words[0]); i++) {
        if (column_is(row, 1, words[i]))
            return (enum operator_class)i;
    }
    return CLASS_PLAIN;
}

/* "1,2": bits 1 and 2. */
static unsigned positions_of(const struct row *row, int column)
{
    unsigned positions = 0;
    for (int i = 0; i < row->column_length[column]; i++) {
        if (isdigit((unsigned char)row->column[column][i]))
            positions |= 1u << (row->column[column][i] - '0');
    }
    return positions;
}

static enum shape_rule shape_of(const struct row *row, int *same_as)
{
    static const char *const words[] = {"-",      "same", "like",     "all",  "conv", "pool",
                                        "resize", "cat",  "elements", "part", "flat"};
    if (row->column_length[3] == 6 && row->column[3][4] == ':') {
        *same_as = row->column[3][5] - '0';
        return row->column[3][0] == 's' ? SHAPE_SAME : SHAPE_LIKE;
    }
    for (int i = 0; i < (int)(sizeof words / sizeof words[0]); i++) {
        if (column_is(row, 3, words[i]))
            return (enum shape_rule)i;
    }
    return SHAPE_UNKNOWN;
}

static struct operator_facts look_up(const struct facts *self, const char *name)
{
    struct operator_facts facts = {.rule = rule_of(self, name), .phase = phase_of_name(name)};
    const struct row *row = find_row(&self->operators, name);
    size_t length = strlen(name);
    facts.in_place = facts.rule == SPAN_IS_OPERATOR && length > 1 && name[length - 1] == '_' && name[length - 2] != '_';
    if (row) {
        facts.class_ = class_of(row);
        facts.parameters = positions_of(row, 2);
        facts.grids = positions_of(row, 4);
        facts.shape = shape_of(row, &facts.same_as);
    } else if (facts.in_place) {
        facts.shape = SHAPE_SAME;
    }
    return facts;
}

enum status facts_create(struct facts **out)
{
    struct facts *self = NULL;
    enum status status;
    *out = NULL;
    TRY(array_make(&self, 1, sizeof *self));
    TRY_OUT(read_table(&self->wrappers, "wrappers.tsv"));
    TRY_OUT(read_table(&self->operators, "operators.tsv"));
    *out = self;
    self = NULL;
out:
    facts_destroy(self);
    return status;
}

void facts_destroy(struct facts *self)
{
    if (!self)
        return;
    free(self->wrappers.rows);
    free(self->operators.rows);
    free(self->words);
    free(self);
}

static enum status word_of(struct facts *self, int32_t word, struct word_facts **out)
{
    while (word >= self->words_room)
        TRY(array_room(&self->words, &self->words_room, self->words_room, sizeof *self->words));
    *out = &self->words[word];
    return STATUS_OK;
}

enum status facts_of_node(const struct chunk *chunk, const struct node *node, const struct operator_facts **out)
{
    struct facts *self = chunk_carry(chunk)->facts;
    struct word_facts *word;
    TRY(word_of(self, node->name, &word));
    if (!word->is_operator_known) {
        word->operator_ = look_up(self, chunk_word(chunk, node->name));
        word->is_operator_known = true;
    }
    *out = &word->operator_;
    return STATUS_OK;
}

enum status facts_of_kernel(const struct chunk *chunk, int32_t name, const struct kernel_name_facts **out)
{
    struct facts *self = chunk_carry(chunk)->facts;
    struct word_facts *word;
    TRY(word_of(self, name, &word));
    if (!word->is_kernel_known) {
        kernel_name_look_up(chunk_word(chunk, name), &word->kernel);
        word->is_kernel_known = true;
    }
    *out = &word->kernel;
    return STATUS_OK;
}
