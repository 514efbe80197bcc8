/* The finding tables as text, one query a kind of line. */
#include <check.h>
#include <stdio.h>

#include "analysis/case.h"

// clang-format off

/* A column as text: '-' for NULL, which printf() would read as 0. */
#define NUMBER(column) "CASE WHEN " column " IS NULL THEN '-' ELSE printf('%.6g', " column ") END"
#define PERCENT(column) "CASE WHEN " column " IS NULL THEN '-' ELSE printf('%.4g', " column ") END"
#define AND_THEN(words) " || '" words "' || "

static const char *const queries[] = {
    "SELECT 'steps ' || group_concat(phase, ' ') FROM (SELECT phase FROM step_phase ORDER BY step_id) HAVING count(*)",

    /* Round trips of the last step. */
    "SELECT 'trip ' || kind || ' ' || ifnull((first_conversion_id - 1) % n + 1, '-')"
    AND_THEN(">") "((last_conversion_id - 1) % n + 1)"
    AND_THEN(" dur=") "ifnull(dur_ns, '-')"
    AND_THEN(" exposed=") "ifnull(exposed_ns, '-')"
    AND_THEN(" bytes=") "ifnull(bytes, '-') || ' [' || culprits || '] via [' || carriers || '] ' ||"
    " (SELECT group_concat(role || ':' || op_id, ' ') FROM (SELECT role, (op_id - 1) % ops + 1 AS op_id"
    "  FROM round_trip_member m WHERE m.round_trip_id = round_trip.round_trip_id ORDER BY position))"
    " FROM round_trip, (SELECT count(*) AS ops FROM op_def),"
    "  (SELECT max(count(*), 1) AS n FROM conversion WHERE step_id IS (SELECT max(step_id) FROM step))"
    " WHERE step_id IS (SELECT max(step_id) FROM step) ORDER BY round_trip_id",

    "SELECT scope || ' ' || ifnull(op_name, '-') || '@' || ifnull(module_path, '-') || ' ' || ifnull(phase, '-')"
    AND_THEN(" ") "verdict"
    AND_THEN(" conversions=") "conversions_per_step"
    AND_THEN(" trips=") "round_trips_per_step"
    AND_THEN(" dur=") NUMBER("dur_ns_per_step")
    AND_THEN(" exposed=") NUMBER("exposed_ns_per_step")
    " || CASE WHEN penalty_ns_per_step IS NULL THEN '' ELSE printf(' penalty=%.6g', penalty_ns_per_step) END"
    AND_THEN(" lost=") PERCENT("lost_percent")
    AND_THEN("% (") PERCENT("lost_percent_low")
    AND_THEN("..") PERCENT("lost_percent_high")
    AND_THEN(") images=") NUMBER("lost_images_per_s")
    " || ifnull(' because=' || situation, '') || ifnull(' with ' || together_with, '') || ifnull(' \"' || substr(advice, 1, 30) || '\"', '')"
    " FROM finding WHERE verdict <> 'clean' ORDER BY finding_id",

    "SELECT 'clean ' || scope || 's: ' || group_concat(name, ' ') FROM"
    " (SELECT scope, op_name || ifnull('@' || module_path, '') AS name FROM finding WHERE verdict = 'clean'"
    "  AND conversions_per_step = 0 AND dur_ns_per_step = 0 ORDER BY finding_id) GROUP BY scope ORDER BY scope DESC",

    "SELECT 'fix ' || position || ': ' || (SELECT group_concat(name, ' + ') FROM"
    " (SELECT op_name || ifnull('@' || module_path, '') AS name FROM finding"
    "  WHERE ',' || finding_ids || ',' LIKE '%,' || finding_id || ',%' ORDER BY finding_id))"
    AND_THEN(" ") PERCENT("lost_percent_cumulative") " || '%' FROM fix_order ORDER BY position",

    "SELECT 'figure ' || name"
    AND_THEN(" ") NUMBER("value")
    AND_THEN(" (") NUMBER("low")
    AND_THEN("..") NUMBER("high") " || ')' FROM figure ORDER BY name",
};

// clang-format on

static void print_rows(sqlite3 *db, const char *sql, struct strbuf *out)
{
    sqlite3_stmt *row;
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK, "%s: %s", sqlite3_errmsg(db), sql);
    while (sqlite3_step(row) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(row, 0);
        strbuf_printf(out, "%s\n", text ? text : "NULL");
    }
    sqlite3_finalize(row);
}

void case_print(sqlite3 *db, struct strbuf *out)
{
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        print_rows(db, queries[i], out);
}
