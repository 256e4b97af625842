/* Messages that are not results: handed to the hook of the program, dropped when there is none.
 * The library never prints. */
#ifndef RSL_BASE_LOG_H
#define RSL_BASE_LOG_H

#include "resile/log.h"

void rsl_log(enum rsl_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
