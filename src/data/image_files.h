/* A set whose images are files of their own: names and labels first, pixels when asked for. */
#ifndef RSL_DATA_IMAGE_FILES_H
#define RSL_DATA_IMAGE_FILES_H

#include "base/arena.h"
#include "data/data.h"

struct rsl_image_files {
    struct rsl_arena arena; /* the names, and whatever else lives as long */
    struct {
        const char **at;
        size_t n, cap;
    } paths;
    struct {
        int *at;
        size_t n, cap;
    } labels;
};

/* The set's state; released by rsl_image_files_close. NULL when memory is refused. */
struct rsl_image_files *rsl_image_files_new(struct rsl_data *d);
void rsl_image_files_close(struct rsl_data *d);
/* Adds place/name; `place` ends in '/' or is empty. */
int rsl_image_files_add(struct rsl_image_files *f, const char *place, const char *name, int label);
/* Checks that every file is there, and moves count, labels and, when all pictures have it, size
 * into the set. */
int rsl_image_files_finish(struct rsl_data *d);
/* The `decode` of such sets. */
int rsl_image_files_decode(const struct rsl_data *d, int64_t i, struct rsl_image *image);

#endif
