/* Torture: every allocation of an operation fails once, in turn.
 *
 *     torture(operation, context);
 *
 * runs operation(context) with the first allocation refused, then the second, and so on until a run
 * succeeds with none refused. Every other run must return RSL_ENOMEM or succeed without the memory
 * (a cache that does without); leaks and wild pointers are the sanitizers' business. The operation
 * releases what it made and returns its status. */
#ifndef TESTS_TORTURE_H
#define TESTS_TORTURE_H

#include "base/alloc.h"
#include "check.h"

static struct {
    long count;   /* allocations so far in this run */
    long refused; /* the one that fails, counted from 1 */
} torture_state;

static int torture_gate(size_t size) {
    (void)size;
    return ++torture_state.count != torture_state.refused;
}

/* Returns the number of allocations of the successful run. */
static inline long torture(int (*operation)(void *context), void *context) {
    for (long n = 1;; n++) {
        torture_state.count = 0;
        torture_state.refused = n;
        rsl_alloc_gate = torture_gate;
        int rc = operation(context);
        rsl_alloc_gate = NULL;
        if (torture_state.count < n) { /* nothing was refused any more */
            check_ok(rc);
            return n - 1;
        }
        if (rc != RSL_OK && rc != RSL_ENOMEM)
            fail_msg("allocation %ld refused: %s: %s", n, rsl_status_name(rc), rsl_errmsg());
    }
}

#endif
