/* How functions inside the library fail: at the source with rsl_fail, on the way up with RSL_TRY.
 */
#ifndef RSL_BASE_STATUS_H
#define RSL_BASE_STATUS_H

#include "resile/status.h"

#include <stdarg.h>

/* Sets the thread's sentence (cut at 4095 bytes; control characters of hostile names become '?').
 * No trailing full stop, no newline. */
void rsl_sentence(const char *format, ...) __attribute__((format(printf, 1, 2)));
void rsl_vsentence(const char *format, va_list args);

static inline int rsl_as_status(int status) {
    return status;
}

/* rsl_fail(status, format, ...): sets the sentence, is `status`. A macro, so that the compiler sees
 * that a failed call left its results unset. */
#define rsl_fail(status, ...) (rsl_sentence(__VA_ARGS__), rsl_as_status(status))

/* Puts "<text>: " before the thread's sentence, to add the file or node that the place of failure
 * did not know. Returns `status`. */
int rsl_fail_in(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define RSL_TRY(call)                                  \
    do {                                               \
        int rsl_try_status = (call);                   \
        if (rsl_try_status < 0) return rsl_try_status; \
    } while (0)

/* Same inside a function that has something to release at `out:`; needs `int rc` in scope. */
#define RSL_GOTO(call)        \
    do {                      \
        rc = (call);          \
        if (rc < 0) goto out; \
    } while (0)

#endif
