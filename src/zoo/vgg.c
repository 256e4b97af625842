/* VGG (Simonyan and Zisserman, 2015), always with batch norm: the convolutions "features" have
 * biases and are numbered as in torchvision. Three heads:
 *
 *   vgg      NeuralFuse's for 32x32: global mean, one linear layer "classifier"
 *   vgg_fc   FORTUNE's for 32x32 (huyvnphan/PyTorch_CIFAR10): 512-4096-4096-classes
 *   vgg_224  torchvision's: 512x7x7-4096-4096-classes
 *
 * Weights: normal by fan-out in convolutions, N(0, 0.01^2) in linear layers, biases zero; all three
 * sources agree. */
#include "zoo/builder.h"
#include "zoo/families.h"

#include <inttypes.h>
#include <stdio.h>

/* Convolutions per stage; stages are 64, 128, 256, 512, 512 channels wide and end in a pooling. */
static const int *stages_of(int depth) {
    static const int a[] = {1, 1, 2, 2, 2}, b[] = {2, 2, 2, 2, 2};
    static const int d[] = {2, 2, 3, 3, 3}, e[] = {2, 2, 4, 4, 4};
    return depth == 11 ? a : depth == 13 ? b : depth == 16 ? d : e;
}

static struct rsl_feature features(struct rsl_net *n, int depth) {
    const int *stages = stages_of(depth);
    static const int64_t widths[] = {64, 128, 256, 512, 512};
    n->init = (struct rsl_initialisation){RSL_DRAW_NORMAL_FAN_OUT, RSL_DRAW_NORMAL_SMALL, true};
    struct rsl_feature x = n->input;
    size_t before = rsl_net_enter(n, "features");
    for (int stage = 0, index = 0; stage < 5; stage++, index++) {
        for (int i = 0; i < stages[stage]; i++, index += 3) {
            char conv_name[16], norm_name[16];
            snprintf(conv_name, sizeof conv_name, "%d", index);
            snprintf(norm_name, sizeof norm_name, "%d", index + 1);
            struct rsl_conv conv = rsl_conv(widths[stage], 3, 1, 1);
            conv.bias = true;
            x = rsl_net_conv(n, conv_name, x, conv);
            x = rsl_net_relu(n, rsl_net_batch_norm(n, norm_name, x));
        }
        x = rsl_net_max_pool(n, x, 2, 2, 0);
    }
    rsl_net_leave(n, before);
    return x;
}

static void wide_head(struct rsl_net *n, struct rsl_feature x) {
    x = rsl_net_flatten(n, x);
    size_t before = rsl_net_enter(n, "classifier");
    x = rsl_net_relu(n, rsl_net_linear(n, "0", x, 4096));
    x = rsl_net_dropout(n, x, 0.5f);
    x = rsl_net_relu(n, rsl_net_linear(n, "3", x, 4096));
    x = rsl_net_dropout(n, x, 0.5f);
    rsl_net_output(n, rsl_net_linear(n, "6", x, n->classes));
    rsl_net_leave(n, before);
}

void rsl_zoo_vgg(struct rsl_net *n, int depth) {
    struct rsl_feature x = rsl_net_global_avg_pool(n, features(n, depth));
    x = rsl_net_flatten(n, x);
    rsl_net_output(n, rsl_net_linear(n, "classifier", x, n->classes));
}

void rsl_zoo_vgg_fc(struct rsl_net *n, int depth) {
    wide_head(n, rsl_net_global_avg_pool(n, features(n, depth)));
}

/* The adaptive pooling to 7x7 is the identity for 224x224 and a plain mean for its multiples. */
void rsl_zoo_vgg_224(struct rsl_net *n, int depth) {
    struct rsl_feature x = features(n, depth);
    int side = (int)(x.h / 7);
    if (side < 1 || x.h % 7 != 0 || x.w != x.h)
        rsl_net_refuse(n, RSL_ESHAPE,
                       "the input must be square with a multiple of 224 pixels, not %" PRId64
                       "x%" PRId64,
                       n->input.h, n->input.w);
    else if (side > 1)
        x = rsl_net_avg_pool(n, x, side, side, 0);
    wide_head(n, x);
}
