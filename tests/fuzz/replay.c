/* Runs a fuzz target over the files of its corpus, without a fuzzer: `replay FOLDER`. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/status.h"

int main(int argc, char **argv) {
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    const struct dirent *e;
    int n = 0;
    if (!folder) {
        perror(argc == 2 ? argv[1] : "usage: replay FOLDER");
        return 2;
    }
    while ((e = readdir(folder)) != NULL) {
        char path[4096];
        struct rsl_file f;
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
        rsl_alloc_gate = NULL;
        if (rsl_file_open(&f, path) < 0) {
            printf("%s\n", rsl_errmsg());
            closedir(folder);
            return 1;
        }
        LLVMFuzzerTestOneInput(f.data, f.size);
        rsl_file_close(&f);
        n++;
    }
    closedir(folder);
    printf("%d inputs replayed\n", n);
    return n == 0; /* an empty corpus tests nothing */
}
