/* Builds a graph the way a PyTorch module's forward() reads, layer after layer.
 *
 *     struct rsl_feature x = rsl_net_conv(n, "conv1", n->input, rsl_conv(64, 3, 1, 1));
 *     x = rsl_net_relu(n, rsl_net_batch_norm(n, "bn1", x));
 *
 * Parameters get the names of the canonical implementation's state dict: the scopes entered, the
 * layer's name, "weight". A failure is remembered in `status` (the thread has the sentence); from
 * then on every call does nothing, so definitions need no checks. */
#ifndef RSL_ZOO_BUILDER_H
#define RSL_ZOO_BUILDER_H

#include "graph/model.h"
#include "zoo/init.h"

/* A tensor [-1,c,h,w] in the making, or [-1,c] when flat. */
struct rsl_feature {
    int value; /* index in the graph */
    bool flat;
    int64_t c, h, w;
};

struct rsl_net {
    struct rsl_graph *graph;
    const char *arch;
    int status;
    bool weights; /* false: parameters stay without data */
    uint64_t seed;
    int64_t classes;
    struct rsl_feature input;
    struct rsl_initialisation init; /* the family's choice; zero is PyTorch's default */
    char scope[128];                /* "layer1.0." or "" */
};

/* Scopes nest: enter("layer1.%d", 0) ... leave gives the scope before; `before` keeps its length.
 */
size_t rsl_net_enter(struct rsl_net *n, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void rsl_net_leave(struct rsl_net *n, size_t before);

/* Fails the build; the sentence gets the network's name put before it. */
void rsl_net_refuse(struct rsl_net *n, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct rsl_conv {
    int64_t out;
    int kernel[2], pad[2]; /* height, width */
    int stride;
    int64_t groups;
    bool bias;
};

/* A square convolution without bias. */
struct rsl_conv rsl_conv(int64_t out, int kernel, int stride, int pad);

struct rsl_feature rsl_net_conv(struct rsl_net *n, const char *name, struct rsl_feature x,
                                struct rsl_conv conv);
/* Always with bias and one group: all that the published generators have. */
struct rsl_feature rsl_net_conv_transpose(struct rsl_net *n, const char *name, struct rsl_feature x,
                                          struct rsl_conv conv);
/* epsilon 1e-5, momentum 0.1 (0.9 as ONNX counts it). */
struct rsl_feature rsl_net_batch_norm(struct rsl_net *n, const char *name, struct rsl_feature x);
struct rsl_feature rsl_net_batch_norm_eps(struct rsl_net *n, const char *name, struct rsl_feature x,
                                          float epsilon);
/* y = x W^T + b, W [out,in]. */
struct rsl_feature rsl_net_linear(struct rsl_net *n, const char *name, struct rsl_feature x,
                                  int64_t out);

struct rsl_feature rsl_net_relu(struct rsl_net *n, struct rsl_feature x);
struct rsl_feature rsl_net_relu6(struct rsl_net *n, struct rsl_feature x);
struct rsl_feature rsl_net_tanh(struct rsl_net *n, struct rsl_feature x);
struct rsl_feature rsl_net_log_softmax(struct rsl_net *n, struct rsl_feature x);
/* Kept in the graph for training; the identity otherwise. */
struct rsl_feature rsl_net_dropout(struct rsl_net *n, struct rsl_feature x, float ratio);
struct rsl_feature rsl_net_max_pool(struct rsl_net *n, struct rsl_feature x, int kernel, int stride,
                                    int pad);
/* Padding counts in the mean, as in PyTorch. */
struct rsl_feature rsl_net_avg_pool(struct rsl_net *n, struct rsl_feature x, int kernel, int stride,
                                    int pad);
struct rsl_feature rsl_net_global_avg_pool(struct rsl_net *n, struct rsl_feature x);
struct rsl_feature rsl_net_flatten(struct rsl_net *n, struct rsl_feature x);
struct rsl_feature rsl_net_add(struct rsl_net *n, struct rsl_feature a, struct rsl_feature b);
/* Along the channels. */
struct rsl_feature rsl_net_concat(struct rsl_net *n, const struct rsl_feature *x, int count);
/* Nearest neighbour, twice the size. */
struct rsl_feature rsl_net_upsample(struct rsl_net *n, struct rsl_feature x);
/* x[:, :, ::2, ::2] */
struct rsl_feature rsl_net_subsample(struct rsl_net *n, struct rsl_feature x);
/* Zeros around: channels (both sides), rows (top, bottom), columns (left, right). */
struct rsl_feature rsl_net_pad(struct rsl_net *n, struct rsl_feature x, int64_t channels,
                               const int64_t rows[2], const int64_t columns[2]);

/* Makes x the graph's output, called "output". */
void rsl_net_output(struct rsl_net *n, struct rsl_feature x);

#endif
