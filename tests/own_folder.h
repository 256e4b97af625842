/* Removing the folder that a test made with mkdtemp, and no other's: tests of several checkouts may
 * run side by side. */
#ifndef TESTS_OWN_FOLDER_H
#define TESTS_OWN_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The teardown of a group of tests that works in `folder`. */
static inline int own_folder_remove(const char *folder) {
    char command[200];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir("/") || system(command) ? -1 : 0;
}

#endif
