/* What SQL may do while a user's statement runs: read this database and nothing else. */
#ifndef REPORTS_GUARD_H
#define REPORTS_GUARD_H

#include <sqlite3.h>

struct guard {
    const char *refused; /* a word for the first thing refused, NULL = nothing was */
    int length_before;   /* the connection's limits as they were, -1 = restored */
    int attached_before;
};

/* Installs the guard on a connection until guard_remove, which is harmless a second time. */
void guard_install(sqlite3 *db, struct guard *guard);
void guard_remove(sqlite3 *db, struct guard *guard);

#endif
