/* See log.h. */
#include "base/log.h"

#include "base/number.h"

#include <stdarg.h>

static void (*log_hook)(void *context, int level, const char *message);
static void *log_context;

void rsl_log_set(void (*hook)(void *context, int level, const char *message), void *context) {
    log_hook = hook;
    log_context = context;
}

void rsl_log(enum rsl_log_level level, const char *format, ...) {
    if (!log_hook) return;
    char message[1024];
    va_list args;
    va_start(args, format);
    rsl_vformat(message, sizeof message, format, args);
    va_end(args);
    log_hook(log_context, level, message);
}
