/* See interrupt.h. */
#include "interrupt.h"

#include "command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

volatile sig_atomic_t interrupt_flag;

static void on_signal(int number) {
    static const char hint[] = "\nStopping; once more to leave at once.\n";
    const int before = errno; /* the interrupted code may be about to read it */
    (void)number;
    if (interrupt_flag) _exit(EXIT_INTERRUPTED);
    interrupt_flag = 1;
    /* write() is allowed in a handler; a hint that cannot be shown is no loss. */
    if (write(STDERR_FILENO, hint, sizeof hint - 1) < 0) errno = before;
    errno = before;
}

void interrupt_watch(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* A lost terminal; under nohup it stays ignored. */
    struct sigaction hangup;
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
}
