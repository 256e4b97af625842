/* What every unit test starts with: cmocka and its long list of includes, and two checks that show
 * the library's sentence when they fail. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"

#define check_ok(call)                                                                  \
    do {                                                                                \
        int check_status = (call);                                                      \
        if (check_status < 0)                                                           \
            fail_msg("%s: %s: %s", #call, rsl_status_name(check_status), rsl_errmsg()); \
    } while (0)

/* The call fails with that status, and its sentence contains `words`. */
#define check_fails(call, expected, words)                                           \
    do {                                                                             \
        int check_status = (call);                                                   \
        if (check_status != (expected) || !strstr(rsl_errmsg(), words))              \
            fail_msg("%s: got %s '%s', expected %s '...%s...'", #call,               \
                     rsl_status_name(check_status), rsl_errmsg(), #expected, words); \
    } while (0)

#endif
