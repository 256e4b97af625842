/* Adding the nodes of a recipe to a graph. Names are a stem, a dot and a suffix; an emitter
 * remembers its first failure and does nothing from then on, so that a recipe reads as one. */
#ifndef RSL_EXPORT_EMITTER_H
#define RSL_EXPORT_EMITTER_H

#include "export/weight_nodes.h"

struct emitter {
    struct rsl_graph *g;
    const char *stem, *result; /* what the last node of the recipe gives is called */
    int rc;
};

/* ---- values ---- */

const char *emit_name(struct emitter *e, const char *suffix);
/* A constant of the whole name; the data are copied. */
int emit_constant(struct emitter *e, const char *name, enum rsl_dtype dtype, int rank,
                  const int64_t *dims, const void *data);
/* STEM.suffix: this tensor, whose data are shared; a list of integers. */
int emit_tensor(struct emitter *e, const char *suffix, const struct rsl_tensor *t);
int emit_integers(struct emitter *e, const char *suffix, int n, const int64_t *values);
/* One that all recipes of the graph share: made when it is asked for first. `count` numbers, or
 * none for a scalar. */
int emit_shared(struct emitter *e, const char *name, enum rsl_dtype dtype, int64_t count,
                const void *data);
/* A number that all share, "resile.u8.3". */
int emit_number(struct emitter *e, enum rsl_dtype dtype, int n);

/* ---- nodes ---- */

/* A node of up to three inputs whose output is STEM.suffix, or the result where it is NULL. */
int emit_node(struct emitter *e, const char *op, const char *suffix, int a, int b, int c);
int emit_binary(struct emitter *e, const char *op, const char *stem, int i, int a, int b);
int emit_shift(struct emitter *e, const char *direction, const char *suffix, int a, int by);
int emit_cast(struct emitter *e, const char *suffix, int a, enum rsl_dtype to);
int emit_concat(struct emitter *e, const char *suffix, int a, int b, int axis);
int emit_gather(struct emitter *e, const char *suffix, int from, int index, int axis);
/* An attribute of the node that was added last. */
void emit_integer(struct emitter *e, const char *attribute, int64_t value);
void emit_list(struct emitter *e, const char *attribute, const int64_t *values, size_t n);

/* ---- stored bits ---- */

/* Bits of numbers, one per element: those of a number lie along `axis`. */
struct emitted_bits {
    int value, axis;
};
/* STEM.bits of n stored numbers, unpacked. */
struct emitted_bits emit_bits(struct emitter *e, const struct rsl_storage *s, int64_t n,
                              const struct rsl_tensor *bits);

/* ---- scales and zero points ---- */

/* What `from` holds, in the shape: f32, or i32 of whole numbers. */
int emit_parameter(struct emitter *e, const struct rsl_stored_parameter *from,
                   const struct rsl_shape *shape);

#endif
