/* The tables that reports read instead of a million rows, see trace.h; what they hold is SQL's business. */
#include "profiler/trace_int.h"

enum status trace_digest(sqlite3 *db)
{
    return trace_exec(db, trace_sql("digest.sql"));
}
