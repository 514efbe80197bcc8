/* Pass: the layout policy the run obeyed, which modules are blocks, and whether anything runs beside anything else. */
#include <string.h>

#include "analysis/analysis_int.h"

/* They give back their input's elements where they are: whatever their formats say, they lose nothing. */
static const char *const views[] = {
    "aten::view",      "aten::_unsafe_view", "aten::_reshape_alias", "aten::reshape",          "aten::permute",   "aten::transpose",
    "aten::t",         "aten::select",       "aten::slice",          "aten::split",            "aten::unbind",    "aten::chunk",
    "aten::narrow",    "aten::expand",       "aten::squeeze",        "aten::unsqueeze",        "aten::unfold",    "aten::diagonal",
    "aten::swapaxes",  "aten::movedim",      "aten::as_strided",     "aten::split_with_sizes", "aten::detach",    "aten::alias",
    "aten::flatten",   "aten::unflatten",
};

static enum status set_rule(struct analysis *self, int *room, const char *name, bool breaks, bool replace)
{
    int word;
    TRY(intern_add(&self->words, name, &word));
    while (self->breaks_count <= word) {
        TRY(array_room(&self->breaks, room, self->breaks_count, sizeof *self->breaks));
        self->breaks[self->breaks_count++] = -1;
    }
    if (replace || self->breaks[word] < 0)
        self->breaks[word] = breaks;
    return STATUS_OK;
}

static enum status load_rules(struct analysis *self)
{
    sqlite3_stmt *row = NULL;
    enum status status;
    int more, room = 0;

    TRY_OUT(trace_prepare(self->db, "SELECT op_name, breaks FROM policy_rule", &row));
    TRY_OUT(trace_step(row, &more));
    while (more) {
        TRY_OUT(set_rule(self, &room, (const char *)sqlite3_column_text(row, 0), sqlite3_column_int(row, 1) != 0, true));
        TRY_OUT(trace_step(row, &more));
    }
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
        TRY_OUT(set_rule(self, &room, views[i], false, false));
out:
    sqlite3_finalize(row);
    return status;
}

/* The block of a module is itself when it has children, else its parent. */
static enum status load_blocks(struct analysis *self)
{
    static const char sql[] =
        "SELECT m.path, CASE WHEN m.module_id IN (SELECT parent_id FROM module) THEN m.path"
        " ELSE coalesce(p.path, m.path) END FROM module m LEFT JOIN module p ON p.module_id = m.parent_id";
    sqlite3_stmt *row = NULL;
    enum status status;
    int more, module, block, room = 0;

    TRY_OUT(trace_prepare(self->db, sql, &row));
    TRY_OUT(trace_step(row, &more));
    while (more) {
        TRY_OUT(intern_add(&self->words, (const char *)sqlite3_column_text(row, 0), &module));
        TRY_OUT(intern_add(&self->words, (const char *)sqlite3_column_text(row, 1), &block));
        while (self->block_of_count <= module) {
            TRY_OUT(array_room(&self->block_of, &room, self->block_of_count, sizeof *self->block_of));
            self->block_of[self->block_of_count++] = -1;
        }
        self->block_of[module] = block;
        TRY_OUT(trace_step(row, &more));
    }
out:
    sqlite3_finalize(row);
    return status;
}

static enum status look_for_lanes(struct analysis *self)
{
    static const char sql[] = "SELECT EXISTS (SELECT 1 FROM kernel_def WHERE stream IS NOT NULL)"
                              " OR EXISTS (SELECT 1 FROM op WHERE thread_id IS NOT (SELECT thread_id FROM op LIMIT 1))";
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, sql, &row));
    TRY_OUT(trace_step(row, &more));
    self->single_lane = more && !sqlite3_column_int(row, 0);
out:
    sqlite3_finalize(row);
    return status;
}

enum status pass_policy(struct analysis *self)
{
    TRY(load_rules(self));
    TRY(load_blocks(self));
    return look_for_lanes(self);
}
