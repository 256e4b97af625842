/* One node under test: constants in, outputs y0, y1, ...; rsl_graph_infer folds it, which runs its
 * shape rule and its reference kernel.
 *
 *     struct bench b;
 *     begin(&b, "Add", 14);
 *     input(&b, RSL_f32, values, SHAPE(2, 3));
 *     ...
 *     node(&b, 1);
 *     check_ok(run(&b));
 *     expect(&b, 0, RSL_f32, SHAPE(2, 3), want, 0);
 *     end(&b);
 */
#ifndef TESTS_ONE_NODE_H
#define TESTS_ONE_NODE_H

#include "check.h"

#include "graph/op.h"

#include <math.h>

struct bench {
    struct rsl_graph g;
    const struct rsl_op *op;
    int in[9], n_in, n_out, node;
};

#define SHAPE(...)                                                          \
    rsl_shape_of((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), \
                 (const int64_t[]){__VA_ARGS__})
#define SCALAR      rsl_shape_of(0, NULL)
#define VALUES(...) ((const double[]){__VA_ARGS__})

/* Attributes of the node, after node(). */
#define INT(b, name, value)  check_ok(rsl_node_set_int(&(b)->g, (b)->node, name, value))
#define TEXT(b, name, value) check_ok(rsl_node_set_string(&(b)->g, (b)->node, name, value))
#define INTS(b, name, ...)                                                               \
    check_ok(rsl_node_set_ints(&(b)->g, (b)->node, name, (const int64_t[]){__VA_ARGS__}, \
                               sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))
/* An i64 vector as the next input. */
#define LIST(b, ...)                                  \
    input(b, RSL_i64, (const int64_t[]){__VA_ARGS__}, \
          SHAPE(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))
/* Runs what must fail, and ends. */
#define REFUSED(b, status, words)           \
    do {                                    \
        check_fails(run(b), status, words); \
        end(b);                             \
    } while (0)

static inline void begin_in(struct bench *b, const char *domain, const char *op, int opset) {
    *b = (struct bench){.op = rsl_op_find(domain, op)};
    if (!b->op) fail_msg("no operator %s", op);
    rsl_graph_init(&b->g);
    b->g.opset = opset;
}

static inline void begin(struct bench *b, const char *op, int opset) {
    begin_in(b, "", op, opset);
}

static inline void end(struct bench *b) {
    rsl_graph_free(&b->g);
}

/* The bytes as they are; not copied. */
static inline void input(struct bench *b, enum rsl_dtype dtype, const void *data,
                         struct rsl_shape shape) {
    char name[16];
    snprintf(name, sizeof name, "x%d", b->n_in);
    struct rsl_tensor t = {.dtype = dtype, .shape = shape, .data = (void *)(uintptr_t)data};
    int v = rsl_graph_add_constant(&b->g, name, &t);
    assert_true(v >= 0);
    b->in[b->n_in++] = v;
}

/* The values converted to the type. */
static inline void given(struct bench *b, enum rsl_dtype dtype, struct rsl_shape shape,
                         const double *values) {
    struct rsl_tensor t;
    check_ok(rsl_tensor_new(&t, &b->g.arena, dtype, &shape));
    rsl_dtype_traits((int)dtype)->from_double(values, t.data, (size_t)rsl_tensor_count(&t));
    input(b, dtype, t.data, shape);
}

static inline void absent(struct bench *b) {
    b->in[b->n_in++] = RSL_ABSENT;
}

/* Adds the node; attributes may be set afterwards on b->node. */
static inline void node(struct bench *b, int n_out) {
    int out[8];
    b->n_out = n_out;
    for (int i = 0; i < n_out; i++) {
        char name[16];
        snprintf(name, sizeof name, "y%d", i);
        out[i] = rsl_graph_value(&b->g, name);
        assert_true(out[i] >= 0);
        check_ok(rsl_graph_add_output(&b->g, out[i]));
    }
    b->node = rsl_graph_add_node(&b->g, b->op, "n", b->in, b->n_in, out, n_out);
    if (b->node < 0) fail_msg("%s", rsl_errmsg());
}

static inline int run(struct bench *b) {
    RSL_TRY(rsl_graph_check(&b->g));
    return rsl_graph_infer(&b->g, INT64_MAX);
}

static inline const struct rsl_tensor *output(const struct bench *b, int i) {
    char name[16];
    snprintf(name, sizeof name, "y%d", i);
    return &b->g.values.at[rsl_graph_find(&b->g, name)].tensor;
}

/* Output i has the type, the shape and, within the tolerance, the values; NaN equals NaN. */
static inline void expect(const struct bench *b, int i, enum rsl_dtype dtype,
                          struct rsl_shape shape, const double *want, double tolerance) {
    const struct rsl_tensor *t = output(b, i);
    char have[RSL_SHAPE_TEXT], need[RSL_SHAPE_TEXT];
    assert_string_equal(rsl_shape_text(&t->shape, have), rsl_shape_text(&shape, need));
    assert_string_equal(rsl_dtype_name((int)t->dtype), rsl_dtype_name((int)dtype));
    assert_non_null(t->data);
    for (int64_t k = 0; k < rsl_tensor_count(t); k++) {
        double y = rsl_tensor_double(t, k);
        bool same = y == want[k] || (isnan(want[k]) && isnan(y));
        if (!same && !(fabs(y - want[k]) <= tolerance))
            fail_msg("%s (%s): output %d element %d is %.9g, expected %.9g", b->op->name,
                     rsl_dtype_name((int)dtype), i, (int)k, y, want[k]);
    }
}

#endif
