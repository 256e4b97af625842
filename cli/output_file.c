/* See output_file.h. */
#include "output_file.h"

#include "command.h"
#include "message.h"

#include <string.h>
#include <sys/stat.h>

bool same_file(const char *a, const char *b) {
    struct stat s, t;
    if (stat(a, &s) == 0 && stat(b, &t) == 0) return s.st_dev == t.st_dev && s.st_ino == t.st_ino;
    return strcmp(a, b) == 0;
}

int check_replaces(const char *output, const char *input) {
    if (!same_file(output, input)) return EXIT_DONE;
    return usage_error("the output would replace %s: name another file", input);
}
