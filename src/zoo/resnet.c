/* ResNet-18, -34 and -50 (He et al., 2015) with projection shortcuts. Three forms:
 *
 *   resnet       NeuralFuse's and kuangliu/pytorch-cifar's: 3x3 stem, no pooling, names "shortcut"
 *                and "linear"
 *   resnet_pool  FORTUNE's (huyvnphan/PyTorch_CIFAR10): 3x3 stem, torchvision's pooling and names
 *   resnet_224   torchvision's: 7x7 stem; convolutions drawn normal by fan-out
 *
 * NeuralFuse's own copy of ResNet-18 for 224x224 lacks the ReLU after each addition; this one has
 * it, as the published checkpoints need it. */
#include "zoo/builder.h"
#include "zoo/families.h"

/* What the sources call the same things. */
struct names {
    const char *shortcut, *head;
};

static struct rsl_feature conv_norm(struct rsl_net *n, const char *conv, const char *norm,
                                    struct rsl_feature x, struct rsl_conv c) {
    return rsl_net_batch_norm(n, norm, rsl_net_conv(n, conv, x, c));
}

/* The identity where the shape stays, else a 1x1 convolution with batch norm. */
static struct rsl_feature shortcut(struct rsl_net *n, const char *name, struct rsl_feature x,
                                   int64_t out, int stride) {
    if (stride == 1 && x.c == out) return x;
    size_t before = rsl_net_enter(n, "%s", name);
    x = conv_norm(n, "0", "1", x, rsl_conv(out, 1, stride, 0));
    rsl_net_leave(n, before);
    return x;
}

static struct rsl_feature basic_block(struct rsl_net *n, const struct names *names,
                                      struct rsl_feature x, int64_t width, int stride) {
    struct rsl_feature y = conv_norm(n, "conv1", "bn1", x, rsl_conv(width, 3, stride, 1));
    y = rsl_net_relu(n, y);
    y = conv_norm(n, "conv2", "bn2", y, rsl_conv(width, 3, 1, 1));
    y = rsl_net_add(n, y, shortcut(n, names->shortcut, x, width, stride));
    return rsl_net_relu(n, y);
}

static struct rsl_feature bottleneck(struct rsl_net *n, const struct names *names,
                                     struct rsl_feature x, int64_t width, int stride) {
    struct rsl_feature y = conv_norm(n, "conv1", "bn1", x, rsl_conv(width, 1, 1, 0));
    y = rsl_net_relu(n, y);
    y = rsl_net_relu(n, conv_norm(n, "conv2", "bn2", y, rsl_conv(width, 3, stride, 1)));
    y = conv_norm(n, "conv3", "bn3", y, rsl_conv(4 * width, 1, 1, 0));
    y = rsl_net_add(n, y, shortcut(n, names->shortcut, x, 4 * width, stride));
    return rsl_net_relu(n, y);
}

/* Everything behind the stem. */
static void body(struct rsl_net *n, const struct names *names, struct rsl_feature x, int depth) {
    static const int shallow[] = {2, 2, 2, 2}, deep[] = {3, 4, 6, 3};
    const int *blocks = depth == 18 ? shallow : deep;
    for (int stage = 0; stage < 4; stage++) {
        for (int i = 0; i < blocks[stage]; i++) {
            size_t before = rsl_net_enter(n, "layer%d.%d", stage + 1, i);
            int stride = stage > 0 && i == 0 ? 2 : 1;
            x = (depth == 50 ? bottleneck : basic_block)(n, names, x, 64 << stage, stride);
            rsl_net_leave(n, before);
        }
    }
    x = rsl_net_flatten(n, rsl_net_global_avg_pool(n, x));
    rsl_net_output(n, rsl_net_linear(n, names->head, x, n->classes));
}

void rsl_zoo_resnet(struct rsl_net *n, int depth) {
    struct rsl_feature x = conv_norm(n, "conv1", "bn1", n->input, rsl_conv(64, 3, 1, 1));
    body(n, &(struct names){"shortcut", "linear"}, rsl_net_relu(n, x), depth);
}

void rsl_zoo_resnet_pool(struct rsl_net *n, int depth) {
    struct rsl_feature x = conv_norm(n, "conv1", "bn1", n->input, rsl_conv(64, 3, 1, 1));
    x = rsl_net_max_pool(n, rsl_net_relu(n, x), 3, 2, 1);
    body(n, &(struct names){"downsample", "fc"}, x, depth);
}

void rsl_zoo_resnet_224(struct rsl_net *n, int depth) {
    n->init.conv = RSL_DRAW_NORMAL_FAN_OUT;
    struct rsl_feature x = conv_norm(n, "conv1", "bn1", n->input, rsl_conv(64, 7, 2, 3));
    x = rsl_net_max_pool(n, rsl_net_relu(n, x), 3, 2, 1);
    body(n, &(struct names){"downsample", "fc"}, x, depth);
}
