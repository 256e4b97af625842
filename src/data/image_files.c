/* See image_files.h. */
#define _POSIX_C_SOURCE 200809L
#include "data/image_files.h"

#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"

#include <string.h>
#include <sys/stat.h>

struct rsl_image_files *rsl_image_files_new(struct rsl_data *d) {
    return d->state = rsl_calloc(1, sizeof(struct rsl_image_files));
}

void rsl_image_files_close(struct rsl_data *d) {
    struct rsl_image_files *f = d->state;
    if (!f) return;
    rsl_free(f->paths.at);
    rsl_free(f->labels.at);
    rsl_arena_free(&f->arena);
    rsl_free(f);
}

int rsl_image_files_add(struct rsl_image_files *f, const char *place, const char *name, int label) {
    const char *path = rsl_arena_printf(&f->arena, "%s%s", place, name);
    if (!path) return RSL_ENOMEM;
    RSL_TRY(rsl_vec_push(&f->paths, path));
    return rsl_vec_push(&f->labels, label);
}

/* The size of all pictures, from their headers: looks no further than the first that differs. One
 * whose size is not known has its say when it is decoded. */
static void find_size(struct rsl_data *d, const struct rsl_image_files *f) {
    int width = 0, height = 0;
    for (size_t i = 0; i < f->paths.n; i++) {
        int w, h;
        if (rsl_image_size(f->paths.at[i], &w, &h) < 0) continue;
        if (width > 0 && (w != width || h != height)) return;
        width = w;
        height = h;
    }
    d->width = width;
    d->height = height;
}

int rsl_image_files_finish(struct rsl_data *d) {
    struct rsl_image_files *f = d->state;
    size_t missing = 0;
    const char *first = NULL;
    for (size_t i = 0; i < f->paths.n; i++) {
        struct stat st;
        if (stat(f->paths.at[i], &st) == 0 && S_ISREG(st.st_mode)) continue;
        if (!missing++) first = f->paths.at[i];
    }
    if (missing)
        return rsl_fail(RSL_ENOTFOUND, "%s: %zu of %zu images are missing, the first is %s",
                        d->type->name, missing, f->paths.n, first);
    if (f->paths.n == 0)
        return rsl_fail(RSL_EFORMAT, "%s: %s has no images", d->type->name, d->folder);
    d->count = (int64_t)f->paths.n;
    d->channels = 3;
    find_size(d, f);
    d->labels = f->labels.at;
    f->labels.at = NULL;
    return RSL_OK;
}

int rsl_image_files_decode(const struct rsl_data *d, int64_t i, struct rsl_image *image) {
    const struct rsl_image_files *f = d->state;
    return rsl_image_load(image, f->paths.at[i]);
}
