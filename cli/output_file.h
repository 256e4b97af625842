/* Files that a command writes. */
#ifndef CLI_OUTPUT_FILE_H
#define CLI_OUTPUT_FILE_H

#include <stdbool.h>

/* Whether both name the same file, links and "./" included; of files that are not there yet,
 * whether the names are equal. */
bool same_file(const char *a, const char *b);

/* EXIT_DONE, or complains that `output` would replace `input`, which the command reads. */
int check_replaces(const char *output, const char *input);

#endif
