/* usage: made_store STORE. Writes the store of tests/report_store.h. */
#include "../report_store.h"

#include <stdio.h>

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    int rc = report_store_make(argv[1]);
    if (rc < 0) fprintf(stderr, "made_store: %s\n", rsl_errmsg());
    return rc < 0;
}
