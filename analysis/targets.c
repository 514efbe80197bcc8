/* Whom a finding blames, read from its row: the operators that `clprof verify` fixes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figure.h"
#include "analysis/verification.h"
#include "base/array.h"
#include "base/strbuf.h"
#include "profiler/trace.h"

static char *copy(const char *text, size_t length)
{
    struct strbuf made;
    strbuf_init(&made);
    strbuf_append_bytes(&made, text, length);
    return strbuf_take(&made);
}

static bool is_same(const struct culprit *culprit, const char *name, const char *path)
{
    return strcmp(culprit->op_name, name) == 0 && !culprit->module_path == !path &&
           (!path || strcmp(culprit->module_path, path) == 0);
}

static enum status add_culprit(struct target *target, const char *name, const char *path)
{
    for (int i = 0; i < target->culprits_count; i++) {
        if (is_same(&target->culprits[i], name, path))
            return STATUS_OK;
    }
    ARRAY_ADD(target, culprits, (struct culprit){copy(name, strlen(name)), path ? copy(path, strlen(path)) : NULL});
    return STATUS_OK;
}

/* "aten::native_group_norm@layer1.0.bn1"; without a path, an operator type or an instance under no module. */
static enum status add_word(struct target *target, const char *word, size_t length, bool instances)
{
    char *name = copy(word, length), *at = strchr(name, '@');
    if (at)
        *at = '\0';
    enum status status = add_culprit(target, name, at ? at + 1 : instances ? "" : NULL);
    free(name);
    return status;
}

static enum status add_list(struct target *target, const char *list, bool instances)
{
    while (list && *list) {
        size_t length = strcspn(list, ",");
        TRY(add_word(target, list, length, instances));
        list += length;
        list += strspn(list, ", ");
    }
    return STATUS_OK;
}

/* The instances that thrash in a module, which is the parent of theirs, or the path less its last part. */
static enum status add_module(struct target *target, sqlite3 *db, const char *path)
{
    static const char sql[] =
        "SELECT i.op_name, ifnull(i.module_path, '') FROM finding i WHERE i.scope = 'instance' AND i.verdict = 'thrash' AND ?1 = ifnull("
        " (SELECT p.path FROM module m JOIN module p ON p.module_id = m.parent_id WHERE m.path = i.module_path),"
        " rtrim(rtrim(i.module_path, replace(i.module_path, '.', '')), '.'))";
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(db, sql, &row));
    trace_bind_text(row, 1, path);
    while ((status = trace_step(row, &more)) == STATUS_OK && more)
        TRY_OUT(add_culprit(target, (const char *)sqlite3_column_text(row, 0), (const char *)sqlite3_column_text(row, 1)));
out:
    sqlite3_finalize(row);
    return status;
}

static enum status add_modules(struct target *target, sqlite3 *db, const char *list)
{
    while (list && *list) {
        size_t length = strcspn(list, ",");
        char *path = copy(list, length);
        enum status status = add_module(target, db, path);
        free(path);
        TRY(status);
        list += length;
        list += strspn(list, ", ");
    }
    return STATUS_OK;
}

enum column { ID, SCOPE, OP_NAME, PATH, TOGETHER, SITUATION, LOST, LOW, HIGH };

static const char *text_of(sqlite3_stmt *row, enum column column)
{
    return (const char *)sqlite3_column_text(row, (int)column);
}

static enum status add_culprits(struct target *target, sqlite3 *db, sqlite3_stmt *row)
{
    const char *scope = text_of(row, SCOPE), *name = text_of(row, OP_NAME), *path = text_of(row, PATH);
    bool operators = strcmp(scope, "operator") == 0;

    if (strcmp(scope, "module") == 0) {
        TRY(add_module(target, db, path ? path : ""));
        return add_modules(target, db, text_of(row, TOGETHER));
    }
    if (name && strcmp(scope, "set") != 0)
        TRY(add_culprit(target, name, operators ? NULL : path ? path : ""));
    return add_list(target, text_of(row, TOGETHER), !operators);
}

static char *label_of(sqlite3_stmt *row)
{
    const char *name = text_of(row, OP_NAME), *path = text_of(row, PATH);
    struct strbuf text;

    strbuf_init(&text);
    if (strcmp(text_of(row, SCOPE), "set") == 0)
        strbuf_append(&text, text_of(row, TOGETHER));
    else
        strbuf_printf(&text, "%s%s%s", name ? name : "", name && path ? "@" : "", path ? path : "");
    return strbuf_take(&text);
}

static enum status add_target(struct targets *out, sqlite3 *db, sqlite3_stmt *row)
{
    const char *situation = text_of(row, SITUATION);

    ARRAY_ADD(out, list, (struct target){
        .finding_id = sqlite3_column_int64(row, ID),
        .label = label_of(row),
        .library = situation && strcmp(situation, "library") == 0,
        .estimate_percent = trace_column_number(row, LOST),
        .low_percent = trace_column_number(row, LOW),
        .high_percent = trace_column_number(row, HIGH),
    });
    return add_culprits(&out->list[out->list_count - 1], db, row);
}

/* All operator types that thrash, as one target. */
static enum status add_whole(struct targets *out, sqlite3 *db, int operators)
{
    struct target whole = {.finding_id = -1, .is_whole = true, .label = copy("the whole fix order", 19)};
    struct stats_interval lost;

    for (int i = 0; i < operators; i++)
        whole.library = whole.library || out->list[i].library;
    ARRAY_ADD(out, list, whole);
    struct target *made = &out->list[out->list_count - 1];
    for (int i = 0; i < operators; i++) {
        for (int c = 0; c < out->list[i].culprits_count; c++)
            TRY(add_culprit(made, out->list[i].culprits[c].op_name, out->list[i].culprits[c].module_path));
    }
    TRY(figure_read(db, "lost_percent_total", &lost));
    made->estimate_percent = lost.value;
    made->low_percent = lost.low;
    made->high_percent = lost.high;
    return STATUS_OK;
}

/* Why a wanted finding is not among the targets. */
static enum status refuse(sqlite3 *db, int64_t finding)
{
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(db, "SELECT verdict FROM finding WHERE finding_id = ?1", &row));
    trace_bind_int(row, 1, finding);
    TRY_OUT(trace_step(row, &more));
    status = more ? FAIL(UNSUPPORTED, "finding %lld is %s: only thrash findings have something to fix",
                         (long long)finding, sqlite3_column_text(row, 0))
                  : FAIL(NOT_FOUND, "the trace has no finding %lld; `clprof query TRACE --name findings` lists them",
                         (long long)finding);
out:
    sqlite3_finalize(row);
    return status;
}

static enum status read_rows(sqlite3 *db, int64_t finding, enum target_choice choice, struct targets *out)
{
    static const char sql[] =
        "SELECT finding_id, scope, op_name, module_path, together_with, situation, lost_percent, lost_percent_low,"
        " lost_percent_high FROM finding WHERE verdict = 'thrash' AND CASE WHEN ?1 > 0 THEN finding_id = ?1"
        " ELSE ?2 OR scope = 'operator' END ORDER BY scope <> 'operator', finding_id";
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(db, sql, &row));
    trace_bind_int(row, 1, finding);
    trace_bind_int(row, 2, choice == TARGETS_ALL);
    while ((status = trace_step(row, &more)) == STATUS_OK && more)
        TRY_OUT(add_target(out, db, row));
out:
    sqlite3_finalize(row);
    return status;
}

enum status targets_read(sqlite3 *db, int64_t finding, enum target_choice choice, struct targets *out)
{
    int operators = 0;

    memset(out, 0, sizeof *out);
    TRY(read_rows(db, finding, choice, out));
    if (finding > 0)
        return out->list_count ? STATUS_OK : refuse(db, finding);
    while (operators < out->list_count && strchr(out->list[operators].label, '@') == NULL &&
           out->list[operators].culprits_count > 0 && !out->list[operators].culprits[0].module_path)
        operators++;
    if (operators == 1)
        out->list[0].is_whole = true;
    return operators > 1 ? add_whole(out, db, operators) : STATUS_OK;
}

void targets_release(struct targets *targets)
{
    for (int i = 0; i < targets->list_count; i++) {
        struct target *target = &targets->list[i];
        for (int c = 0; c < target->culprits_count; c++) {
            free(target->culprits[c].op_name);
            free(target->culprits[c].module_path);
        }
        free(target->culprits);
        free(target->label);
    }
    free(targets->list);
    memset(targets, 0, sizeof *targets);
}
