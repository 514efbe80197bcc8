/* The finding tables as text, one query a kind of line. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "analysis/case.h"

/* A line per row: its words in SQL; '-' for NULL. */
static const char *const queries[] = {
    "SELECT 'steps ' || group_concat(phase, ' ') FROM (SELECT phase FROM step_phase ORDER BY step_id) HAVING count(*)",
    /* Round trips of the last step. */
    "SELECT 'trip ' || kind || ' ' || ifnull((first_conversion_id - 1) % n + 1, '-') || '>' ||"
    " ((last_conversion_id - 1) % n + 1) || ' dur=' || ifnull(dur_ns, '-') || ' exposed=' || ifnull(exposed_ns, '-') ||"
    " ' bytes=' || ifnull(bytes, '-') || ' [' || culprits || '] via [' || carriers || '] ' || (SELECT group_concat(role ||"
    " ':' || op_id, ' ') FROM (SELECT role, (op_id - 1) % ops + 1 AS op_id FROM round_trip_member m"
    " WHERE m.round_trip_id = round_trip.round_trip_id ORDER BY position)) FROM round_trip,"
    " (SELECT max(count(*), 1) AS n FROM conversion WHERE step_id IS (SELECT max(step_id) FROM step)),"
    " (SELECT count(*) AS ops FROM op_def) WHERE step_id IS (SELECT max(step_id) FROM step) ORDER BY round_trip_id",
    "SELECT scope || ' ' || ifnull(op_name, '-') || '@' || ifnull(module_path, '-') || ' ' || ifnull(phase, '-') || ' ' ||"
    " verdict || ' conversions=' || conversions_per_step || ' trips=' || round_trips_per_step || ' dur=' ||"
    " NUMBER("%.6g", "dur_ns_per_step") || ' exposed=' || NUMBER("%.6g", "exposed_ns_per_step") ||"
    " ' lost=' || NUMBER("%.4g", "lost_percent") || '% (' || NUMBER("%.4g", "lost_percent_low") || '..' ||"
    " NUMBER("%.4g", "lost_percent_high") || ') images=' || NUMBER("%.6g", "lost_images_per_s") ||"
    " ifnull(' with ' || together_with, '') || ifnull(' \"' || substr(advice, 1, 30) || '\"', '') FROM finding"
    " WHERE verdict <> 'clean' ORDER BY finding_id",
    "SELECT 'clean ' || scope || 's: ' || group_concat(name, ' ') FROM (SELECT scope, op_name || ifnull('@' || module_path, '')"
    " AS name FROM finding WHERE verdict = 'clean' AND conversions_per_step = 0 AND dur_ns_per_step = 0 ORDER BY"
    " finding_id) GROUP BY scope ORDER BY scope DESC",
    "SELECT 'fix ' || position || ': ' || (SELECT group_concat(name, ' + ') FROM (SELECT op_name || ifnull('@' ||"
    " module_path, '') AS name FROM finding WHERE ',' || finding_ids || ',' LIKE '%,' || finding_id || ',%'"
    " ORDER BY finding_id)) || ' ' || NUMBER("%.4g", "lost_percent_cumulative") || '%'"
    " FROM fix_order ORDER BY position",
    "SELECT 'figure ' || name || ' ' || NUMBER("%.6g", "value") || ' (' || NUMBER("%.6g", "low") || '..' ||"
    " NUMBER("%.6g", "high") || ')' FROM figure ORDER BY name",
};

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
