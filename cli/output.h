/* Standard output: results go there, and whether they arrived is checked. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <resile/json.h>

/* A key and its value; a NULL text and a negative number become null. */
void output_json_text(struct rsl_json *j, const char *key, const char *value);
void output_json_int(struct rsl_json *j, const char *key, int64_t value);
void output_json_double(struct rsl_json *j, const char *key, double value);

/* Prints the finished JSON text as one line and frees `j`, which may be NULL (out of memory).
 * Returns an exit code. */
int output_json(struct rsl_json *j);

/* Flushes and closes stdout; complains and returns EXIT_FAILED when not everything could be written
 * (full disk), else `code`. Call once, last. */
int output_finish(int code);

#endif
