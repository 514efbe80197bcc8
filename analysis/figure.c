/* One row of table figure. */
#include "analysis/figure.h"

#include "profiler/trace.h"

struct stats_interval figure_interval(sqlite3_stmt *row, int column)
{
    return (struct stats_interval){trace_column_number(row, column), trace_column_number(row, column + 1),
                                   trace_column_number(row, column + 2)};
}

enum status figure_read(sqlite3 *db, const char *name, struct stats_interval *figure)
{
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(db, "SELECT value, low, high FROM figure WHERE name = ?1", &row));
    trace_bind_text(row, 1, name);
    TRY_OUT(trace_step(row, &more));
    if (more)
        *figure = figure_interval(row, 0);
    else
        status = FAIL(NOT_FOUND, "%s: is not analysed (it has no figure %s); run `clprof analyze` on it first",
                      sqlite3_db_filename(db, "main"), name);
out:
    sqlite3_finalize(row);
    return status;
}
