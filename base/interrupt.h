/*
 * What must not stay behind when the process is interrupted while it makes something that has no final name yet: a temporary
 * file, a folder. A thread waits for the signal in the handlers' place, so there is no global and the cleaning may do
 * anything. Then the process ends by that signal, as if nobody had waited: a shell shows 130 for Ctrl-C and stops its loop.
 */
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

#include "base/status.h"

struct interrupt_guard;

/*
 * From here to interrupt_guard_end, SIGINT, SIGTERM, SIGHUP and SIGQUIT call `clean(what)`, on the guard's thread. Signals
 * that are ignored (nohup) stay so. Call it before any thread that lives on is started, since threads inherit which signals
 * they leave to others. One guard at a time. Fails (IO) when no thread can be started; *out is NULL then.
 */
enum status interrupt_guard_begin(void (*clean)(void *what), void *what, struct interrupt_guard **out);

/* Signals do again what they did before. Harmless with NULL. */
void interrupt_guard_end(struct interrupt_guard *guard);

#endif
