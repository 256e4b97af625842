/* Ctrl-C: the first asks the running command to stop at the next good place, the second leaves. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

/* From now on SIGINT and SIGTERM set the flag. */
void interrupt_watch(void);
/* Nonzero once asked to stop. The library takes this as its `stop` flag. */
extern volatile int interrupt_flag;

#endif
