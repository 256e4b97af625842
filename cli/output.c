/* See output.h. */
#include "output.h"

#include "command.h"
#include "message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void output_json_text(struct rsl_json *j, const char *key, const char *value) {
    rsl_json_key(j, key);
    if (value)
        rsl_json_string(j, value);
    else
        rsl_json_null(j);
}

void output_json_int(struct rsl_json *j, const char *key, int64_t value) {
    rsl_json_key(j, key);
    if (value >= 0)
        rsl_json_int(j, value);
    else
        rsl_json_null(j);
}

void output_json_double(struct rsl_json *j, const char *key, double value) {
    rsl_json_key(j, key);
    rsl_json_double(j, value);
}

int output_json(struct rsl_json *j) {
    int status = j ? rsl_json_status(j) : RSL_ENOMEM;
    if (status == RSL_OK) puts(rsl_json_text(j));
    rsl_json_free(j);
    return status == RSL_OK ? EXIT_DONE : library_error(status);
}

int output_finish(int code) {
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if (fflush(stdout) != 0 || fclose(stdout) != 0) failed = true;
    if (!failed) return code;
    /* Not complain(), which flushes stdout first. */
    fprintf(stderr, "resile: the output could not be written completely: %s\n",
            errno ? strerror(errno) : "write error");
    return code == EXIT_DONE ? EXIT_FAILED : code;
}
