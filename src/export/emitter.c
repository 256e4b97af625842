/* See emitter.h. */
#include "export/emitter.h"

#include "base/status.h"
#include "graph/op.h"

#include <stdio.h>

static int note(struct emitter *e, int result) {
    if (result < 0 && e->rc == RSL_OK) e->rc = result;
    return result < 0 ? 0 : result;
}

/* ---- values ---- */

const char *emit_name(struct emitter *e, const char *suffix) {
    const char *name = rsl_arena_printf(&e->g->arena, "%s.%s", e->stem, suffix);
    if (!name) note(e, RSL_ENOMEM);
    return name ? name : "";
}

int emit_constant(struct emitter *e, const char *name, enum rsl_dtype dtype, int rank,
                  const int64_t *dims, const void *data) {
    struct rsl_tensor t = {.dtype = dtype, .shape = rsl_shape_of(rank, dims)};
    if (e->rc < 0) return 0;
    t.data = rsl_arena_memdup(&e->g->arena, data, rsl_tensor_bytes(&t));
    return note(e, t.data ? rsl_graph_add_constant(e->g, name, &t) : RSL_ENOMEM);
}

int emit_tensor(struct emitter *e, const char *suffix, const struct rsl_tensor *t) {
    const char *name = emit_name(e, suffix);
    return e->rc < 0 ? 0 : note(e, rsl_graph_add_constant(e->g, name, t));
}

int emit_integers(struct emitter *e, const char *suffix, int n, const int64_t *values) {
    return emit_constant(e, emit_name(e, suffix), RSL_i64, 1, (int64_t[]){n}, values);
}

int emit_shared(struct emitter *e, const char *name, enum rsl_dtype dtype, int64_t count,
                const void *data) {
    int v = rsl_graph_find(e->g, name);
    if (v >= 0 && e->g->values.at[v].kind == RSL_VALUE_CONSTANT) return v;
    return emit_constant(e, name, dtype, count ? 1 : 0, &count, data);
}

int emit_number(struct emitter *e, enum rsl_dtype dtype, int n) {
    char name[40];
    snprintf(name, sizeof name, "resile.%s.%d", rsl_dtype_name((int)dtype), n);
    uint8_t u8 = (uint8_t)n;
    int64_t i64 = n;
    float f32 = (float)n;
    const void *data = dtype == RSL_u8 ? (void *)&u8 : dtype == RSL_i64 ? (void *)&i64 : &f32;
    return emit_shared(e, name, dtype, 0, data);
}

/* ---- nodes ---- */

int emit_node(struct emitter *e, const char *op, const char *suffix, int a, int b, int c) {
    const int in[3] = {a, b, c};
    const char *name = emit_name(e, suffix ? suffix : "read");
    if (e->rc < 0) return 0;
    int out = note(e, rsl_graph_value(e->g, suffix ? name : e->result));
    if (e->rc < 0) return 0;
    int n = c != RSL_ABSENT ? 3 : b != RSL_ABSENT ? 2 : 1;
    int node = note(e, rsl_graph_add_node(e->g, rsl_op_find("", op), name, in, n, &out, 1));
    int opset = e->g->opset > RSL_WEIGHT_NODES_OPSET ? e->g->opset : RSL_WEIGHT_NODES_OPSET;
    if (e->rc == RSL_OK) e->g->nodes.at[node].opset = opset;
    return out;
}

static int last_node(const struct emitter *e) {
    return (int)e->g->nodes.n - 1;
}

void emit_integer(struct emitter *e, const char *attribute, int64_t value) {
    if (e->rc == RSL_OK) note(e, rsl_node_set_int(e->g, last_node(e), attribute, value));
}

void emit_list(struct emitter *e, const char *attribute, const int64_t *values, size_t n) {
    if (e->rc == RSL_OK) note(e, rsl_node_set_ints(e->g, last_node(e), attribute, values, n));
}

int emit_binary(struct emitter *e, const char *op, const char *stem, int i, int a, int b) {
    char suffix[32];
    snprintf(suffix, sizeof suffix, "%s%d", stem, i);
    return emit_node(e, op, suffix, a, b, RSL_ABSENT);
}

int emit_shift(struct emitter *e, const char *direction, const char *suffix, int a, int by) {
    int out = emit_node(e, "BitShift", suffix, a, by, RSL_ABSENT);
    if (e->rc == RSL_OK) note(e, rsl_node_set_string(e->g, last_node(e), "direction", direction));
    return out;
}

int emit_cast(struct emitter *e, const char *suffix, int a, enum rsl_dtype to) {
    int out = emit_node(e, "Cast", suffix, a, RSL_ABSENT, RSL_ABSENT);
    emit_integer(e, "to", (int64_t)to);
    return out;
}

int emit_concat(struct emitter *e, const char *suffix, int a, int b, int axis) {
    int out = emit_node(e, "Concat", suffix, a, b, RSL_ABSENT);
    emit_integer(e, "axis", axis);
    return out;
}

int emit_gather(struct emitter *e, const char *suffix, int from, int index, int axis) {
    int out = emit_node(e, "Gather", suffix, from, index, RSL_ABSENT);
    emit_integer(e, "axis", axis);
    return out;
}
