/* Ctrl-C and its like: the first asks the running command to stop at the next good place, the
 * second leaves. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <signal.h>

/* From now on SIGINT, SIGTERM and, unless it is ignored, SIGHUP set the flag. For commands that ask
 * the flag, and not before they do: whoever does not ask is to be ended at once. */
void interrupt_watch(void);
/* Nonzero once asked to stop: what the library's progress callbacks answer. */
extern volatile sig_atomic_t interrupt_flag;

#endif
