/* A tensor: element type, shape and a pointer to dense row-major data that somebody else owns. */
#ifndef RSL_TENSOR_TENSOR_H
#define RSL_TENSOR_TENSOR_H

#include "tensor/dtype.h"

struct rsl_arena;

enum { RSL_MAX_RANK = 8 };

/* Largest number of elements or bytes we accept for one tensor: products stay far from overflow. */
#define RSL_MAX_ELEMENTS ((int64_t)1 << 40)

struct rsl_shape {
    int rank;
    int64_t dim[RSL_MAX_RANK]; /* -1: not known before a plan fixes it (graph inputs only) */
};

struct rsl_tensor {
    enum rsl_dtype dtype;
    struct rsl_shape shape;
    void *data; /* NULL: values not known (yet) */
};

struct rsl_shape rsl_shape_of(int rank, const int64_t *dims);
bool rsl_shape_equal(const struct rsl_shape *a, const struct rsl_shape *b);
/* Product of the dimensions; 1 for a scalar. Dimensions must be known. */
int64_t rsl_shape_count(const struct rsl_shape *s);
/* Product of dim[from..to). */
int64_t rsl_shape_span(const struct rsl_shape *s, int from, int to);
/* RSL_OK when every dimension is >= 0 and the product is at most RSL_MAX_ELEMENTS. */
int rsl_shape_check(const struct rsl_shape *s);
/* "[1,3,32,32]" ("?" for unknown) into `text`; returns text. */
enum { RSL_SHAPE_TEXT = 192 };
const char *rsl_shape_text(const struct rsl_shape *s, char text[RSL_SHAPE_TEXT]);

int64_t rsl_tensor_count(const struct rsl_tensor *t);
size_t rsl_tensor_bytes(const struct rsl_tensor *t);

/* A tensor whose zeroed data live in the arena. */
int rsl_tensor_new(struct rsl_tensor *t, struct rsl_arena *a, enum rsl_dtype dtype,
                   const struct rsl_shape *shape);

/* Element i as int64_t or double, converting from the tensor's type (saturating). */
int64_t rsl_tensor_int(const struct rsl_tensor *t, int64_t i);
double rsl_tensor_double(const struct rsl_tensor *t, int64_t i);
/* Stores v as element i, converting as from_double of the traits. */
void rsl_tensor_set_double(struct rsl_tensor *t, int64_t i, double v);

/* Converts all elements of src to dst's type (dst has data of the same count); float to integer
 * truncates towards zero, integer to narrower integer wraps, as ONNX Cast. */
void rsl_tensor_cast(const struct rsl_tensor *src, struct rsl_tensor *dst);

#endif
