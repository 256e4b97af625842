/* Which file a name names: for commands that write files, or must not read one twice. */
#ifndef CLI_SAME_FILE_H
#define CLI_SAME_FILE_H

#include "option.h"

#include <stdbool.h>

/* Whether both name the same file, however it is spelt; of files that are not there yet, whether
 * they will be one. */
bool same_file(const char *a, const char *b);

/* EXIT_DONE, or complains that `output` would replace `input`, which the command reads. */
int check_replaces(const char *output, const char *input);

/* EXIT_DONE, or complains that one of the files is given twice. */
int check_distinct(const struct texts *files);

#endif
