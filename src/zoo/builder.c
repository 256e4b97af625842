/* See builder.h. Every layer ends in `emit`, which adds one node whose only output has the node's
 * name; the shapes are tracked here so that a failure can name the layer. */
#include "zoo/builder.h"

#include "base/status.h"
#include "graph/op.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 192 };

void rsl_net_refuse(struct rsl_net *n, int status, const char *format, ...) {
    if (n->status < 0) return;
    va_list args;
    va_start(args, format);
    rsl_vsentence(format, args);
    va_end(args);
    n->status = rsl_fail_in(status, "network '%s'", n->arch);
}

static void remember(struct rsl_net *n, int rc) {
    if (n->status >= 0 && rc < 0) n->status = rc;
}

size_t rsl_net_enter(struct rsl_net *n, const char *format, ...) {
    size_t before = strlen(n->scope);
    va_list args;
    va_start(args, format);
    int length = vsnprintf(n->scope + before, sizeof n->scope - before, format, args);
    va_end(args);
    if (length < 0 || before + (size_t)length + 2 > sizeof n->scope) {
        rsl_net_refuse(n, RSL_EINTERNAL, "scope '%s' is too long", n->scope);
        rsl_net_leave(n, before);
    } else {
        strcat(n->scope, ".");
    }
    return before;
}

void rsl_net_leave(struct rsl_net *n, size_t before) {
    n->scope[before] = 0;
}

/* ---- names, constants, nodes ---- */

/* "layer1.0.conv1", or with part "layer1.0.conv1.weight". */
static const char *full_name(const struct rsl_net *n, const char *name, const char *part,
                             char text[NAME]) {
    snprintf(text, NAME, "%s%s%s%s", n->scope, name, part ? "." : "", part ? part : "");
    return text;
}

/* A name of its own for a layer that has no parameters: "layer1.0.relu", "layer1.0.relu_2", ... */
static const char *made_up_name(const struct rsl_net *n, const char *stem, char text[NAME]) {
    snprintf(text, NAME, "%s%s", n->scope, stem);
    for (int i = 2; rsl_graph_find(n->graph, text) >= 0; i++)
        snprintf(text, NAME, "%s%s_%d", n->scope, stem, i);
    return text;
}

/* Adds a constant that is part of the definition (sizes, bounds) or finds it, when another layer of
 * the network already has it under that name. */
static int definition(struct rsl_net *n, const char *name, enum rsl_dtype dtype, int rank,
                      const void *data, int64_t count) {
    if (n->status < 0) return 0;
    int found = rsl_graph_find(n->graph, name);
    if (found >= 0) return found;
    struct rsl_tensor t = {.dtype = dtype, .shape = rsl_shape_of(rank, &count)};
    t.data = rsl_arena_memdup(&n->graph->arena, data, rsl_tensor_bytes(&t));
    int value = t.data ? rsl_graph_add_constant(n->graph, name, &t) : RSL_ENOMEM;
    remember(n, value);
    return value;
}

static int emit(struct rsl_net *n, const char *op_name, const char *name, const int *in, int n_in) {
    if (n->status < 0) return 0;
    const struct rsl_op *op = rsl_op_find("", op_name);
    if (!op) {
        rsl_net_refuse(n, RSL_EUNSUPPORTED, "'%s' needs the operator %s", name, op_name);
        return 0;
    }
    int out = rsl_graph_value(n->graph, name);
    remember(n, out);
    if (n->status >= 0) remember(n, rsl_graph_add_node(n->graph, op, name, in, n_in, &out, 1));
    return out;
}

static int last_node(const struct rsl_net *n) {
    return (int)n->graph->nodes.n - 1;
}

static void set_int(struct rsl_net *n, const char *key, int64_t value) {
    if (n->status >= 0) remember(n, rsl_node_set_int(n->graph, last_node(n), key, value));
}

static void set_ints(struct rsl_net *n, const char *key, const int64_t *values, size_t count) {
    if (n->status >= 0) remember(n, rsl_node_set_ints(n->graph, last_node(n), key, values, count));
}

static void set_float(struct rsl_net *n, const char *key, float value) {
    if (n->status >= 0) remember(n, rsl_node_set_float(n->graph, last_node(n), key, value));
}

static void set_string(struct rsl_net *n, const char *key, const char *value) {
    if (n->status >= 0) remember(n, rsl_node_set_string(n->graph, last_node(n), key, value));
}

/* A layer with one input, no parameters and the name `stem`; the shape stays. */
static struct rsl_feature emit_unary(struct rsl_net *n, const char *op, const char *stem,
                                     struct rsl_feature x) {
    char name[NAME];
    x.value = emit(n, op, made_up_name(n, stem, name), &x.value, 1);
    return x;
}

/* ---- parameters ---- */

/* The tensor of a new parameter: data when the network is to have weights. */
static bool new_parameter(struct rsl_net *n, struct rsl_tensor *t, const struct rsl_shape *shape,
                          const char *name) {
    if (n->status < 0) return false;
    *t = (struct rsl_tensor){.dtype = RSL_f32, .shape = *shape};
    int rc = rsl_shape_check(shape);
    if (rc < 0) {
        n->status = rsl_fail_in(rc, "network '%s': parameter '%s'", n->arch, name);
        return false;
    }
    if (n->weights) remember(n, rsl_tensor_new(t, &n->graph->arena, RSL_f32, shape));
    return n->status >= 0;
}

static int weight(struct rsl_net *n, const char *layer, const struct rsl_shape *shape,
                  enum rsl_draw draw) {
    char name[NAME];
    struct rsl_tensor t;
    if (!new_parameter(n, &t, shape, full_name(n, layer, "weight", name))) return 0;
    if (t.data) rsl_draw_weight(&t, draw, n->seed, name);
    int value = rsl_graph_add_constant(n->graph, name, &t);
    remember(n, value);
    return value;
}

static int bias(struct rsl_net *n, const char *layer, int64_t count, double bound) {
    char name[NAME];
    struct rsl_tensor t;
    struct rsl_shape shape = rsl_shape_of(1, &count);
    if (!new_parameter(n, &t, &shape, full_name(n, layer, "bias", name))) return 0;
    if (t.data && !n->init.zero_bias) rsl_draw_uniform(&t, bound, n->seed, name);
    int value = rsl_graph_add_constant(n->graph, name, &t);
    remember(n, value);
    return value;
}

static int per_channel(struct rsl_net *n, const char *layer, const char *part, int64_t channels,
                       float fill) {
    char name[NAME];
    struct rsl_tensor t;
    struct rsl_shape shape = rsl_shape_of(1, &channels);
    if (!new_parameter(n, &t, &shape, full_name(n, layer, part, name))) return 0;
    if (t.data) rsl_draw_constant(&t, fill);
    int value = rsl_graph_add_constant(n->graph, name, &t);
    remember(n, value);
    return value;
}

/* ---- layers with parameters ---- */

struct rsl_conv rsl_conv(int64_t out, int kernel, int stride, int pad) {
    return (struct rsl_conv){
        .out = out, .kernel = {kernel, kernel}, .pad = {pad, pad}, .stride = stride, .groups = 1};
}

/* Size after a window of `kernel` moved by `stride`; refuses an image that the window does not fit.
 */
static int64_t slide(struct rsl_net *n, const char *name, struct rsl_feature x, int64_t size,
                     int kernel, int stride, int pad) {
    int64_t room = size + 2 * pad - kernel;
    if (room < 0)
        rsl_net_refuse(n, RSL_ESHAPE,
                       "the image is too small: at layer '%s' only %" PRId64 "x%" PRId64
                       " are left for a window of %d",
                       name, x.h, x.w, kernel);
    return room < 0 ? 1 : room / stride + 1;
}

static void set_window(struct rsl_net *n, const int kernel[2], int stride, const int pad[2]) {
    set_ints(n, "kernel_shape", (const int64_t[]){kernel[0], kernel[1]}, 2);
    set_ints(n, "strides", (const int64_t[]){stride, stride}, 2);
    set_ints(n, "pads", (const int64_t[]){pad[0], pad[1], pad[0], pad[1]}, 4);
}

static double inverse_root(int64_t fan_in) {
    return 1 / sqrt((double)fan_in);
}

struct rsl_feature rsl_net_conv(struct rsl_net *n, const char *layer, struct rsl_feature x,
                                struct rsl_conv v) {
    char name[NAME];
    full_name(n, layer, NULL, name);
    const int64_t dims[] = {v.out, x.c / v.groups, v.kernel[0], v.kernel[1]};
    struct rsl_shape shape = rsl_shape_of(4, dims);
    int in[3] = {x.value, weight(n, layer, &shape, n->init.conv), RSL_ABSENT};
    if (v.bias) in[2] = bias(n, layer, v.out, inverse_root(dims[1] * dims[2] * dims[3]));
    struct rsl_feature y = {.c = v.out,
                            .h = slide(n, name, x, x.h, v.kernel[0], v.stride, v.pad[0]),
                            .w = slide(n, name, x, x.w, v.kernel[1], v.stride, v.pad[1])};
    y.value = emit(n, "Conv", name, in, v.bias ? 3 : 2);
    set_window(n, v.kernel, v.stride, v.pad);
    set_int(n, "group", v.groups);
    return y;
}

struct rsl_feature rsl_net_conv_transpose(struct rsl_net *n, const char *layer,
                                          struct rsl_feature x, struct rsl_conv v) {
    char name[NAME];
    full_name(n, layer, NULL, name);
    const int64_t dims[] = {x.c, v.out, v.kernel[0], v.kernel[1]};
    struct rsl_shape shape = rsl_shape_of(4, dims);
    int in[3] = {x.value, weight(n, layer, &shape, n->init.conv),
                 bias(n, layer, v.out, inverse_root(dims[1] * dims[2] * dims[3]))};
    struct rsl_feature y = {.c = v.out,
                            .h = (x.h - 1) * v.stride - 2 * v.pad[0] + v.kernel[0],
                            .w = (x.w - 1) * v.stride - 2 * v.pad[1] + v.kernel[1]};
    if (y.h < 1 || y.w < 1)
        rsl_net_refuse(n, RSL_ESHAPE,
                       "the image is too small: layer '%s' would make %" PRId64 "x%" PRId64
                       " out of %" PRId64 "x%" PRId64,
                       name, y.h, y.w, x.h, x.w);
    y.value = emit(n, "ConvTranspose", name, in, 3);
    set_window(n, v.kernel, v.stride, v.pad);
    return y;
}

struct rsl_feature rsl_net_batch_norm_eps(struct rsl_net *n, const char *layer,
                                          struct rsl_feature x, float epsilon) {
    char name[NAME];
    int in[] = {x.value, per_channel(n, layer, "weight", x.c, 1),
                per_channel(n, layer, "bias", x.c, 0),
                per_channel(n, layer, "running_mean", x.c, 0),
                per_channel(n, layer, "running_var", x.c, 1)};
    x.value = emit(n, "BatchNormalization", full_name(n, layer, NULL, name), in, 5);
    set_float(n, "epsilon", epsilon);
    set_float(n, "momentum", 0.9f);
    return x;
}

struct rsl_feature rsl_net_batch_norm(struct rsl_net *n, const char *layer, struct rsl_feature x) {
    return rsl_net_batch_norm_eps(n, layer, x, 1e-5f);
}

struct rsl_feature rsl_net_linear(struct rsl_net *n, const char *layer, struct rsl_feature x,
                                  int64_t out) {
    char name[NAME];
    const int64_t dims[] = {out, x.c};
    struct rsl_shape shape = rsl_shape_of(2, dims);
    int in[] = {x.value, weight(n, layer, &shape, n->init.linear),
                bias(n, layer, out, inverse_root(x.c))};
    x.value = emit(n, "Gemm", full_name(n, layer, NULL, name), in, 3);
    set_int(n, "transB", 1);
    x.c = out;
    return x;
}

/* ---- layers without parameters ---- */

struct rsl_feature rsl_net_relu(struct rsl_net *n, struct rsl_feature x) {
    return emit_unary(n, "Relu", "relu", x);
}

struct rsl_feature rsl_net_relu6(struct rsl_net *n, struct rsl_feature x) {
    char name[NAME];
    int in[] = {x.value, definition(n, "relu6.min", RSL_f32, 0, &(float){0}, 1),
                definition(n, "relu6.max", RSL_f32, 0, &(float){6}, 1)};
    x.value = emit(n, "Clip", made_up_name(n, "relu6", name), in, 3);
    return x;
}

struct rsl_feature rsl_net_tanh(struct rsl_net *n, struct rsl_feature x) {
    return emit_unary(n, "Tanh", "tanh", x);
}

struct rsl_feature rsl_net_log_softmax(struct rsl_net *n, struct rsl_feature x) {
    x = emit_unary(n, "LogSoftmax", "log_softmax", x);
    set_int(n, "axis", 1);
    return x;
}

struct rsl_feature rsl_net_dropout(struct rsl_net *n, struct rsl_feature x, float ratio) {
    char name[NAME], constant[NAME + 8];
    made_up_name(n, "dropout", name);
    snprintf(constant, sizeof constant, "%s.ratio", name);
    int in[] = {x.value, definition(n, constant, RSL_f32, 0, &ratio, 1)};
    x.value = emit(n, "Dropout", name, in, 2);
    return x;
}

static struct rsl_feature pool(struct rsl_net *n, const char *op, const char *stem,
                               struct rsl_feature x, int kernel, int stride, int pad) {
    char name[NAME];
    made_up_name(n, stem, name);
    int64_t h = slide(n, name, x, x.h, kernel, stride, pad);
    int64_t w = slide(n, name, x, x.w, kernel, stride, pad);
    x = emit_unary(n, op, stem, x);
    set_window(n, (const int[]){kernel, kernel}, stride, (const int[]){pad, pad});
    x.h = h;
    x.w = w;
    return x;
}

struct rsl_feature rsl_net_max_pool(struct rsl_net *n, struct rsl_feature x, int kernel, int stride,
                                    int pad) {
    return pool(n, "MaxPool", "maxpool", x, kernel, stride, pad);
}

struct rsl_feature rsl_net_avg_pool(struct rsl_net *n, struct rsl_feature x, int kernel, int stride,
                                    int pad) {
    x = pool(n, "AveragePool", "avgpool", x, kernel, stride, pad);
    set_int(n, "count_include_pad", 1);
    return x;
}

struct rsl_feature rsl_net_global_avg_pool(struct rsl_net *n, struct rsl_feature x) {
    x = emit_unary(n, "GlobalAveragePool", "avgpool", x);
    x.h = x.w = 1;
    return x;
}

struct rsl_feature rsl_net_flatten(struct rsl_net *n, struct rsl_feature x) {
    x = emit_unary(n, "Flatten", "flatten", x);
    set_int(n, "axis", 1);
    return (struct rsl_feature){.value = x.value, .flat = true, .c = x.c * x.h * x.w};
}

struct rsl_feature rsl_net_add(struct rsl_net *n, struct rsl_feature a, struct rsl_feature b) {
    char name[NAME];
    if (a.c != b.c || a.h != b.h || a.w != b.w)
        rsl_net_refuse(n, RSL_ESHAPE,
                       "'%s' cannot add [%" PRId64 ",%" PRId64 ",%" PRId64 "] and [%" PRId64
                       ",%" PRId64 ",%" PRId64 "]",
                       n->scope, a.c, a.h, a.w, b.c, b.h, b.w);
    int in[] = {a.value, b.value};
    a.value = emit(n, "Add", made_up_name(n, "add", name), in, 2);
    return a;
}

struct rsl_feature rsl_net_concat(struct rsl_net *n, const struct rsl_feature *x, int count) {
    char name[NAME];
    int in[8];
    assert(count >= 1 && count <= 8);
    struct rsl_feature y = {.h = x[0].h, .w = x[0].w};
    for (int i = 0; i < count; i++) {
        in[i] = x[i].value;
        y.c += x[i].c;
        if (x[i].h != y.h || x[i].w != y.w)
            rsl_net_refuse(n, RSL_ESHAPE,
                           "'%s' cannot join %" PRId64 "x%" PRId64 " and %" PRId64 "x%" PRId64,
                           n->scope, y.h, y.w, x[i].h, x[i].w);
    }
    y.value = emit(n, "Concat", made_up_name(n, "concat", name), in, count);
    set_int(n, "axis", 1);
    return y;
}

struct rsl_feature rsl_net_upsample(struct rsl_net *n, struct rsl_feature x) {
    char name[NAME];
    const float scales[] = {1, 1, 2, 2};
    int in[] = {x.value, RSL_ABSENT, definition(n, "upsample.scales", RSL_f32, 1, scales, 4)};
    x.value = emit(n, "Resize", made_up_name(n, "upsample", name), in, 3);
    set_string(n, "mode", "nearest");
    set_string(n, "coordinate_transformation_mode", "asymmetric");
    set_string(n, "nearest_mode", "floor");
    x.h *= 2;
    x.w *= 2;
    return x;
}

struct rsl_feature rsl_net_subsample(struct rsl_net *n, struct rsl_feature x) {
    char name[NAME];
    const int64_t starts[] = {0, 0}, ends[] = {INT64_MAX, INT64_MAX}, axes[] = {2, 3};
    const int64_t steps[] = {2, 2};
    int in[] = {x.value, definition(n, "subsample.starts", RSL_i64, 1, starts, 2),
                definition(n, "subsample.ends", RSL_i64, 1, ends, 2),
                definition(n, "subsample.axes", RSL_i64, 1, axes, 2),
                definition(n, "subsample.steps", RSL_i64, 1, steps, 2)};
    x.value = emit(n, "Slice", made_up_name(n, "subsample", name), in, 5);
    x.h = (x.h + 1) / 2;
    x.w = (x.w + 1) / 2;
    return x;
}

struct rsl_feature rsl_net_pad(struct rsl_net *n, struct rsl_feature x, int64_t channels,
                               const int64_t rows[2], const int64_t columns[2]) {
    char name[NAME], constant[NAME + 8];
    made_up_name(n, "pad", name);
    snprintf(constant, sizeof constant, "%s.pads", name);
    const int64_t pads[] = {0, channels, rows[0], columns[0], 0, channels, rows[1], columns[1]};
    int in[] = {x.value, definition(n, constant, RSL_i64, 1, pads, 8)};
    x.value = emit(n, "Pad", name, in, 2);
    set_string(n, "mode", "constant");
    x.c += 2 * channels;
    x.h += rows[0] + rows[1];
    x.w += columns[0] + columns[1];
    return x;
}

/* Values are looked up by name, so the map is made anew with the name that changed. */
void rsl_net_output(struct rsl_net *n, struct rsl_feature x) {
    if (n->status < 0) return;
    struct rsl_graph *g = n->graph;
    g->values.at[x.value].name = "output";
    rsl_map_free(&g->names);
    for (size_t i = 0; i < g->values.n && n->status >= 0; i++)
        remember(n, rsl_map_set(&g->names, g->values.at[i].name, (int64_t)i));
    if (n->status >= 0) remember(n, rsl_graph_add_output(g, x.value));
}
