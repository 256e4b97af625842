/* See new_head.h. */
#include "train/new_head.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/op.h"
#include "graph/parameters.h"
#include "zoo/init.h"

#include <math.h>

/* What may stand between the last layer and the output: the number of classes passes through. */
static bool passes_classes(const struct rsl_node *n) {
    static const char *const names[] = {"Softmax", "LogSoftmax",        "Flatten",     "Reshape",
                                        "Squeeze", "GlobalAveragePool", "AveragePool", "ReduceMean",
                                        "Relu",    "Dropout",           "Identity"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (rsl_node_is(n, names[i])) return true;
    return false;
}

struct head {
    int node, weight, bias; /* bias: RSL_ABSENT when there is none */
};

static bool is_constant(const struct rsl_graph *g, int value) {
    return value != RSL_ABSENT && g->values.at[value].kind == RSL_VALUE_CONSTANT;
}

/* From the output back to the last layer with a weight, past an Add of a constant bias. */
static int find_head(const struct rsl_graph *g, struct head *h) {
    int value = g->outputs.at[0];
    h->bias = RSL_ABSENT;
    for (;;) {
        int producer = g->values.at[value].producer;
        if (producer == RSL_ABSENT)
            return rsl_fail(RSL_EUNSUPPORTED, "a new head: the output comes from no layer");
        const struct rsl_node *n = &g->nodes.at[producer];
        bool linear = rsl_node_is(n, "Conv") || rsl_node_is(n, "Gemm") || rsl_node_is(n, "MatMul");
        if (linear && rsl_node_weight(g, n) != RSL_ABSENT) {
            h->node = producer;
            h->weight = rsl_node_weight(g, n);
            if (n->n_in > 2 && n->in[2] != RSL_ABSENT) h->bias = n->in[2];
            return RSL_OK;
        }
        int constant =
            rsl_node_is(n, "Add") ? is_constant(g, n->in[1]) - is_constant(g, n->in[0]) : 0;
        if (constant) h->bias = n->in[constant > 0];
        if (!constant && !passes_classes(n))
            return rsl_fail(RSL_EUNSUPPORTED,
                            "a new head: node '%s' (%s) stands between the last layer and the"
                            " output",
                            n->name, n->op->name);
        value = n->in[constant < 0];
    }
}

/* Fresh numbers of the shape that `value` has with `classes` along `axis`. */
static int renew(struct rsl_graph *g, int value, int axis, int64_t classes, double bound,
                 uint64_t seed) {
    struct rsl_value *v = &g->values.at[value];
    struct rsl_shape shape = v->tensor.shape;
    shape.dim[axis] = classes;
    RSL_TRY(rsl_tensor_new(&v->tensor, &g->arena, RSL_f32, &shape));
    rsl_draw_uniform(&v->tensor, bound, seed, v->name);
    return RSL_OK;
}

static int check_head(const struct rsl_graph *g, const struct head *h, const int *uses) {
    const struct rsl_node *n = &g->nodes.at[h->node];
    const struct rsl_value *w = &g->values.at[h->weight];
    if (w->tensor.dtype != RSL_f32 || w->tensor.shape.rank < 2)
        return rsl_fail(RSL_EUNSUPPORTED, "a new head: '%s' is no f32 matrix", w->name);
    if (uses[h->weight] > 1 || (h->bias != RSL_ABSENT && uses[h->bias] > 1))
        return rsl_fail(RSL_EUNSUPPORTED, "a new head: '%s' shares its weights", n->name);
    if (rsl_node_int(n, "group", 1) != 1)
        return rsl_fail(RSL_EUNSUPPORTED, "a new head: '%s' has groups", n->name);
    if (h->bias == RSL_ABSENT) return RSL_OK;
    const struct rsl_value *b = &g->values.at[h->bias];
    if (b->kind == RSL_VALUE_CONSTANT && b->tensor.dtype == RSL_f32) return RSL_OK;
    return rsl_fail(RSL_EUNSUPPORTED, "a new head: the bias '%s' is no f32 constant", b->name);
}

/* The axis of a bias that runs along the outputs; RSL_ABSENT when one number serves all. */
static int bias_axis(const struct rsl_shape *s, int64_t outputs) {
    for (int i = s->rank - 1; i >= 0; i--)
        if (s->dim[i] == outputs && outputs > 1) return i;
    return RSL_ABSENT;
}

int rsl_new_head(struct rsl_model *m, int64_t classes, uint64_t seed) {
    struct rsl_graph *g = &m->graph;
    struct head h;
    RSL_TRY(find_head(g, &h));
    int *uses = rsl_calloc(g->values.n, sizeof *uses);
    if (!uses) return RSL_ENOMEM;
    rsl_graph_count_uses(g, uses);
    int rc = check_head(g, &h, uses);
    rsl_free(uses);
    RSL_TRY(rc);
    int axis = rsl_node_weight_axis(g, &g->nodes.at[h.node]);
    const struct rsl_shape shape = g->values.at[h.weight].tensor.shape;
    double bound = 1 / sqrt((double)rsl_shape_count(&shape) / (double)shape.dim[axis]);
    RSL_TRY(renew(g, h.weight, axis, classes, bound, seed));
    if (h.bias == RSL_ABSENT) return RSL_OK;
    int along = bias_axis(&g->values.at[h.bias].tensor.shape, shape.dim[axis]);
    return along == RSL_ABSENT ? RSL_OK : renew(g, h.bias, along, classes, bound, seed);
}
