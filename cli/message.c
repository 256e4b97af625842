/* See message.h. */
#include "message.h"

#include "command.h"

#include <resile/log.h>
#include <resile/status.h>

#include <stdarg.h>
#include <stdio.h>

const struct command *command_current;

static void start(void) {
    fflush(stdout);
    if (command_current)
        fprintf(stderr, "resile %s: ", command_current->name);
    else
        fputs("resile: ", stderr);
}

void complain(const char *format, ...) {
    va_list args;
    start();
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

int usage_error(const char *format, ...) {
    va_list args;
    start();
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    if (command_current)
        fprintf(stderr, "\nTry 'resile %s --help'.\n", command_current->name);
    else
        fputs("\nTry 'resile help'.\n", stderr);
    return EXIT_USAGE;
}

int library_error(int status) {
    if (status == RSL_EINTERRUPTED) {
        complain("interrupted");
        return EXIT_INTERRUPTED;
    }
    const char *sentence = rsl_errmsg();
    complain("%s", *sentence ? sentence : rsl_status_text(status));
    return EXIT_FAILED;
}

static void on_log(void *context, int level, const char *message) {
    (void)context;
    if (level >= RSL_LOG_INFO)
        complain("%s%s", level >= RSL_LOG_WARNING ? "warning: " : "", message);
}

void show_library_log(void) {
    rsl_log_set(on_log, NULL);
}
