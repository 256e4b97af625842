/* See same_file.h. */
#include "same_file.h"

#include "command.h"
#include "message.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool same(const struct stat *s, const struct stat *t) {
    return s->st_dev == t->st_dev && s->st_ino == t->st_ino;
}

/* The folder that `path` is in; returns the name in it. */
static const char *folder_of(const char *path, struct stat *folder) {
    char name[4096] = ".";
    const char *slash = strrchr(path, '/');
    if (slash) snprintf(name, sizeof name, "%.*s", (int)(slash - path + 1), path);
    if (stat(name, folder) != 0) memset(folder, 0, sizeof *folder);
    return slash ? slash + 1 : path;
}

bool same_file(const char *a, const char *b) {
    struct stat s, t;
    bool there = stat(a, &s) == 0, also = stat(b, &t) == 0;
    if (there && also) return same(&s, &t);
    if (there || also) return false;
    const char *name = folder_of(a, &s), *other = folder_of(b, &t);
    return strcmp(name, other) == 0 && same(&s, &t);
}

int check_replaces(const char *output, const char *input) {
    if (!same_file(output, input)) return EXIT_DONE;
    return usage_error("the output would replace %s: name another file", input);
}

int check_distinct(const struct texts *files) {
    for (int i = 0; i < files->n; i++)
        for (int k = 0; k < i; k++)
            if (same_file(files->at[i], files->at[k]))
                return usage_error("%s is given twice", files->at[i]);
    return EXIT_DONE;
}
