/* The log hook. Set it once, before other threads use the library. */
#ifndef RESILE_LOG_H
#define RESILE_LOG_H

#include "resile/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rsl_log_level { RSL_LOG_DEBUG, RSL_LOG_INFO, RSL_LOG_WARNING };

/* `message` has no newline and lives during the call only. NULL removes the hook. */
RSL_API void rsl_log_set(void (*hook)(void *context, int level, const char *message),
                         void *context);

#ifdef __cplusplus
}
#endif
#endif
