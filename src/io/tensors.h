/* A named list of tensors: what every checkpoint and array reader fills, and what is written as a
 * training checkpoint.
 *
 * A reader is given bytes that outlive the list (usually the mapped `file`); tensors point into
 * them where they lie dense and aligned, and into the arena where they had to be unpacked,
 * converted or made contiguous. Data that point into the file are read-only. Everything dies with
 * rsl_tensors_free. */
#ifndef RSL_IO_TENSORS_H
#define RSL_IO_TENSORS_H

#include "base/arena.h"
#include "base/file.h"
#include "base/map.h"
#include "tensor/tensor.h"

struct rsl_named_tensor {
    const char *name;
    struct rsl_tensor tensor;
};

struct rsl_tensors {
    struct rsl_arena arena;
    struct rsl_file file; /* what was read; empty when the bytes are somebody else's */
    struct rsl_named_tensor *at;
    size_t n, cap;
    struct rsl_map names; /* name -> index */
    struct {
        struct rsl_tensors_meta {
            const char *key, *value;
        } * at;
        size_t n, cap;
    } meta;
    size_t unpacked, unpacked_limit; /* bytes, see rsl_tensors_unpack */
    /* How many of these names and shapes (there are no data) the caller has use for, or a negative
     * status: a reader that finds several sets of tensors takes the best. NULL: nobody knows. */
    int64_t (*fit)(void *context, const struct rsl_tensors *names);
    void *fit_context;
};

enum { RSL_TENSOR_NAME_MAX = 1024 };

#define RSL_TENSORS_INIT \
    { 0 }

void rsl_tensors_free(struct rsl_tensors *ts);

/* Copies the name, shares the data. Refuses empty, overlong and repeated names. */
int rsl_tensors_add(struct rsl_tensors *ts, const char *name, const struct rsl_tensor *tensor);
/* The tensor, or NULL. */
const struct rsl_tensor *rsl_tensors_find(const struct rsl_tensors *ts, const char *name);

/* Takes out the tensors of that name (`length` bytes), or, when it ends in '*', of all names that
 * begin so. Returns how many, or a negative status. */
int64_t rsl_tensors_drop(struct rsl_tensors *ts, const char *pattern, size_t length);

/* Texts that ride along; setting a key again replaces its value. Get: NULL when absent. */
int rsl_tensors_set_meta(struct rsl_tensors *ts, const char *key, const char *value);
const char *rsl_tensors_meta(const struct rsl_tensors *ts, const char *key);

/* Zeroed memory for data that cannot stay where they are. A file of `size` bytes may unpack to at
 * most 64 MiB + 16 * size in all: compressed entries and broadcast strides let a small file ask for
 * any amount. Readers state the size first. */
void rsl_tensors_limit(struct rsl_tensors *ts, size_t size);
int rsl_tensors_unpack(struct rsl_tensors *ts, size_t size, void **data);

/* Points `t` (dtype and shape set) at dense bytes: in place when aligned, else copied. */
int rsl_tensors_place(struct rsl_tensors *ts, struct rsl_tensor *t, const uint8_t *bytes);

/* Gathers a strided view into dense row-major data. Strides are in elements and >= 0; the caller
 * has checked that every element lies within what `bytes` points to. In place when already dense.
 */
int rsl_tensors_place_strided(struct rsl_tensors *ts, struct rsl_tensor *t, const uint8_t *bytes,
                              const int64_t strides[RSL_MAX_RANK]);

#endif
