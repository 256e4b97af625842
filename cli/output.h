/* Standard output: results go there, and whether they arrived is checked. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <resile/json.h>

/* Prints the finished JSON text as one line and frees `j`, which may be NULL (out of memory).
 * Returns an exit code. */
int output_json(struct rsl_json *j);

/* Flushes and closes stdout; complains and returns EXIT_FAILED when not everything could be written
 * (full disk), else `code`. Call once, last. */
int output_finish(int code);

#endif
