/* What SQL may do while a user's statement runs: read this database and nothing else. */
#ifndef REPORTS_GUARD_H
#define REPORTS_GUARD_H

#include <sqlite3.h>

/* Installs the guard on a connection until guard_remove; *refused is set to a word for the first thing refused. */
void guard_install(sqlite3 *db, const char **refused);
void guard_remove(sqlite3 *db);

#endif
