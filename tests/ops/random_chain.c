/* See random_chain.h. */
#include "random_chain.h"

#include "graph/op.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int64_t pick(struct chain *c, int64_t low, int64_t high) {
    return low + (int64_t)rsl_rng_below(&c->rng, (uint64_t)(high - low + 1));
}

void must(struct chain *c, int rc) {
    if (rc < 0) c->failed = true;
}

int constant(struct chain *c, const struct rsl_shape *shape, double low, double high) {
    struct rsl_tensor t;
    char name[32];
    snprintf(name, sizeof name, "constant_%zu", c->g.values.n);
    must(c, rsl_tensor_new(&t, &c->g.arena, RSL_f32, shape));
    for (int64_t i = 0; i < rsl_tensor_count(&t); i++)
        ((float *)t.data)[i] = (float)(low + (high - low) * rsl_rng_unit(&c->rng));
    return rsl_graph_add_constant(&c->g, name, &t);
}

int integers(struct chain *c, const struct rsl_shape *shape, const int64_t *values) {
    struct rsl_tensor t;
    char name[32];
    snprintf(name, sizeof name, "integers_%zu", c->g.values.n);
    must(c, rsl_tensor_new(&t, &c->g.arena, RSL_i64, shape));
    memcpy(t.data, values, rsl_tensor_bytes(&t));
    return rsl_graph_add_constant(&c->g, name, &t);
}

int append(struct chain *c, const char *op, const int *more, int n) {
    int in[8] = {c->x};
    for (int i = 0; i < n; i++) in[i + 1] = more[i];
    c->x = rsl_graph_fresh(&c->g, op);
    int node = rsl_graph_add_node(&c->g, rsl_op_find("", op), "", in, n + 1, &c->x, 1);
    must(c, node);
    return node;
}

bool window(struct chain *c, int node, int64_t kernel[3], bool pool) {
    int rank = c->shape.rank - 2;
    int64_t strides[3], dilations[3], pads[6];
    for (int d = 0; d < rank; d++) {
        strides[d] = pick(c, 1, 3);
        dilations[d] = pool ? 1 : pick(c, 1, 4) == 1 ? 2 : 1;
        int64_t reach = (kernel[d] - 1) * dilations[d] + 1;
        pads[d] = pick(c, 0, pool ? kernel[d] - 1 : 2);
        pads[rank + d] = pick(c, 0, pool ? kernel[d] - 1 : 2);
        int64_t room = c->shape.dim[d + 2] + pads[d] + pads[rank + d] - reach;
        if (room < 0) return false;
        c->shape.dim[d + 2] = room / strides[d] + 1;
    }
    must(c, rsl_node_set_ints(&c->g, node, "kernel_shape", kernel, (size_t)rank));
    must(c, rsl_node_set_ints(&c->g, node, "strides", strides, (size_t)rank));
    if (!pool) must(c, rsl_node_set_ints(&c->g, node, "dilations", dilations, (size_t)rank));
    must(c, rsl_node_set_ints(&c->g, node, "pads", pads, 2 * (size_t)rank));
    return true;
}

void describe(struct rsl_plan *p) {
    char text[RSL_SHAPE_TEXT];
    const struct rsl_graph *g = rsl_plan_graph(p);
    printf("  input %s\n", rsl_shape_text(&g->values.at[g->inputs.at[0]].tensor.shape, text));
    for (size_t i = 0; i < rsl_plan_steps(p); i++) {
        const struct rsl_node *n = rsl_plan_step_node(p, i);
        printf("  %-20s %-22s %s\n", n ? n->op->name : "(layout)",
               n ? rsl_shape_text(&g->values.at[n->out[0]].tensor.shape, text) : "",
               rsl_plan_step_kernel(p, i));
    }
}

double largest(const struct rsl_tensor *a) {
    double size = 0;
    for (int64_t i = 0; i < rsl_tensor_count(a); i++)
        size = fmax(size, fabs((double)((const float *)a->data)[i]));
    return size;
}

double difference(const struct rsl_tensor *a, const struct rsl_tensor *b, double floor) {
    double worst = 0, size = fmax(largest(a), floor);
    const float *x = a->data, *y = b->data;
    for (int64_t i = 0; i < rsl_tensor_count(a); i++) {
        if (isnan(x[i]) && isnan(y[i])) continue;
        double d = fabs((double)x[i] - (double)y[i]) / size;
        if (!(d <= worst)) worst = d;
    }
    return worst;
}
