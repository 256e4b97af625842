/* What the elementwise operators share: broadcasting, types, and the loops.
 *
 * An operator gives one kernel per *lane*, the types it computes in; storage types are widened into
 * their lane piece by piece and narrowed once at the end:
 *
 *     f32  float, float16, bfloat16    i64  signed integers       boolean  bool, one byte each
 *     f64  double                      u64  unsigned integers              (any nonzero is true)
 *
 * Integers come out wrapped to their type, since the low bits of a 64-bit sum, difference or
 * product are those of the narrow one. A lane without a kernel is a type the operator refuses.
 *
 *     RSL_BINARY(add_f32, float, a + b)
 *
 * defines the kernel add_f32 as the loop over y = a + b. In the expression T is the lane's type and
 * p the operator's parameters; the functions of <tgmath.h> follow the type of their argument. NaN
 * must pass through every operator: a NaN that a fault made may not disappear in a comparison. */
#ifndef RSL_OPS_ELEMENTWISE_H
#define RSL_OPS_ELEMENTWISE_H

#include <tgmath.h>

#include "ops/op.h"
#include "ops/rows.h"

enum rsl_lane { RSL_LANE_F32, RSL_LANE_F64, RSL_LANE_I64, RSL_LANE_U64, RSL_LANE_BOOLEAN };

/* A run of elements in lane type. */
struct rsl_piece {
    int64_t n;
    const void *in[RSL_OPERANDS]; /* NULL: the optional operand is absent */
    int step[RSL_OPERANDS];       /* 1, or 0 for one element that serves all */
    void *out;
    const double *p;
};
typedef void rsl_piece_fn(const struct rsl_piece *k);

struct rsl_kernels {
    rsl_piece_fn *f32, *f64, *i64, *u64, *boolean;
    bool to_bool; /* the result is bool whatever the lane */
};

enum rsl_lane rsl_lane_of(enum rsl_dtype dtype);

/* Shape rule: all inputs have the type of input 0, one the kernels admit; output 0 is their
 * broadcast shape. */
int rsl_infer_elementwise(struct rsl_call *c, const struct rsl_kernels *k);
int rsl_need_lane(const struct rsl_call *c, int i, const struct rsl_kernels *k);

/* Runs the kernels over all inputs (at most RSL_OPERANDS) into output 0. */
int rsl_elementwise(const struct rsl_call *c, const struct rsl_kernels *k, const double *p);
/* The same for any tensors, in the lane asked for; `out` may be one of `in` of the same shape. */
void rsl_apply(const struct rsl_kernels *k, enum rsl_lane lane, const struct rsl_tensor *const *in,
               int n, struct rsl_tensor *out, const double *p);

/* Variadic operators: out = k(...k(k(in0, in1), in2)...), then `last` (a unary kernel; may be NULL)
 * over it. Half precision is accumulated in f32 (in scratch) and rounded once. */
int rsl_infer_fold(struct rsl_call *c, const struct rsl_kernels *k);
int rsl_fold(const struct rsl_call *c, const struct rsl_kernels *k, const struct rsl_kernels *last,
             const double *p);

/* y = expression of x, elements of `type` in and R out. */
#define RSL_UNARY_TO(name, R, type, expression)          \
    static void name(const struct rsl_piece *k) {        \
        typedef type T __attribute__((unused));          \
        const double *p __attribute__((unused)) = k->p;  \
        const type *x_ = k->in[0];                       \
        R *y_ = k->out;                                  \
        for (int64_t i_ = 0, n_ = k->n; i_ < n_; i_++) { \
            type x = x_[i_];                             \
            y_[i_] = (R)(expression);                    \
        }                                                \
    }

/* y = expression of a and b; three loops, so that the usual steps are known to the compiler. */
#define RSL_BINARY_TO(name, R, type, expression)           \
    static void name(const struct rsl_piece *k) {          \
        typedef type T __attribute__((unused));            \
        const double *p __attribute__((unused)) = k->p;    \
        const type *a_ = k->in[0], *b_ = k->in[1];         \
        R *y_ = k->out;                                    \
        int64_t n_ = k->n;                                 \
        if (k->step[0] && k->step[1])                      \
            for (int64_t i_ = 0; i_ < n_; i_++) {          \
                type a = a_[i_], b = b_[i_];               \
                y_[i_] = (R)(expression);                  \
            }                                              \
        else if (k->step[0])                               \
            for (int64_t i_ = 0; i_ < n_; i_++) {          \
                type a = a_[i_], b = *b_;                  \
                y_[i_] = (R)(expression);                  \
            }                                              \
        else                                               \
            for (int64_t i_ = 0; i_ < n_; i_++) {          \
                type a = *a_, b = b_[k->step[1] ? i_ : 0]; \
                y_[i_] = (R)(expression);                  \
            }                                              \
    }

#define RSL_UNARY(name, type, expression)   RSL_UNARY_TO(name, type, type, expression)
#define RSL_BINARY(name, type, expression)  RSL_BINARY_TO(name, type, type, expression)
#define RSL_TEST(name, type, expression)    RSL_UNARY_TO(name, uint8_t, type, expression)
#define RSL_COMPARE(name, type, expression) RSL_BINARY_TO(name, uint8_t, type, expression)

/* x cut to [0, 1]; NaN stays NaN. */
#define RSL_CUT(x) ((x) < 0 ? 0 : (x) > 1 ? 1 : (x))

/* One of these loops in both lanes of a class: stem_f32 and stem_f64, stem_i64 and stem_u64. */
#define RSL_FLOATS(loop, stem, expression) \
    loop(stem##_f32, float, expression) loop(stem##_f64, double, expression)
#define RSL_INTEGERS(loop, stem, expression) \
    loop(stem##_i64, int64_t, expression) loop(stem##_u64, uint64_t, expression)

#endif
