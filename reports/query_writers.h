/* How the rows of a query are written, one writer a format. Rows stream: a large result needs no more memory than a small one. */
#ifndef REPORTS_QUERY_WRITERS_H
#define REPORTS_QUERY_WRITERS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

struct query_writer {
    void *(*begin)(FILE *out, sqlite3_stmt *statement);
    void (*row)(void *state, sqlite3_stmt *statement);
    void (*end)(void *state, bool whole); /* whole: there was no failure. Frees the state. */
    bool several;                         /* may write one result after the other */
};

extern const struct query_writer query_text; /* aligned columns */
extern const struct query_writer query_csv;  /* a line of names, then the rows */
extern const struct query_writer query_json; /* an array of objects; of two columns of one name the second is name_2 */

#endif
