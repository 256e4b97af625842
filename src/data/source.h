/* Where published data sets come from. */
#ifndef RSL_DATA_SOURCE_H
#define RSL_DATA_SOURCE_H

#include <stdint.h>

enum { RSL_SOURCE_FILES = 4 };

enum rsl_packing { RSL_PACKED_NOT, RSL_PACKED_TAR_GZ, RSL_PACKED_ZIP };

struct rsl_source {
    const char *name; /* of the data set */
    const char *base; /* URL of the folder that holds the files */
    enum rsl_packing packing;
    int64_t count[2]; /* images of the test and the train split, checked after unpacking */
    struct rsl_source_file {
        const char *name;   /* NULL after the last */
        int64_t size;       /* 0: not known */
        const char *sha256; /* NULL: not published; then the counts must do */
    } file[RSL_SOURCE_FILES];
};

/* NULL when nothing is published under that name. */
const struct rsl_source *rsl_source_find(const char *name);

/* rsl_data_get for any source. Transfers that break off are repeated after pause_ms. */
int rsl_source_get(const struct rsl_source *s, const char *folder, const char *base, long pause_ms,
                   int (*progress)(void *context, const char *file, int64_t done, int64_t total),
                   void *context);

#endif
