/* MobileNetV2 (Sandler et al., 2018), width 1, as in torchvision: names, ReLU6, dropout 0.2 before
 * the linear layer, weights normal by fan-out, linear layer N(0, 0.01^2) with zero bias. Any input
 * works (32x32 ends in 1x1). */
#include "zoo/builder.h"
#include "zoo/families.h"

#include <stdio.h>

/* torchvision's ConvBNReLU, a module of its own. */
static struct rsl_feature conv_norm_relu6(struct rsl_net *n, struct rsl_feature x,
                                          struct rsl_conv c) {
    x = rsl_net_batch_norm(n, "1", rsl_net_conv(n, "0", x, c));
    return rsl_net_relu6(n, x);
}

/* Inverted residual: 1x1 up by `expand` (left out for 1), 3x3 per channel, 1x1 down. */
static struct rsl_feature block(struct rsl_net *n, struct rsl_feature x, int expand, int64_t out,
                                int stride) {
    struct rsl_feature y = x;
    int part = 0;
    size_t conv = rsl_net_enter(n, "conv");
    if (expand > 1) {
        size_t before = rsl_net_enter(n, "%d", part++);
        y = conv_norm_relu6(n, y, rsl_conv(x.c * expand, 1, 1, 0));
        rsl_net_leave(n, before);
    }
    size_t before = rsl_net_enter(n, "%d", part++);
    struct rsl_conv depthwise = rsl_conv(y.c, 3, stride, 1);
    depthwise.groups = y.c;
    y = conv_norm_relu6(n, y, depthwise);
    rsl_net_leave(n, before);
    char down[8], norm[8];
    snprintf(down, sizeof down, "%d", part);
    snprintf(norm, sizeof norm, "%d", part + 1);
    y = rsl_net_batch_norm(n, norm, rsl_net_conv(n, down, y, rsl_conv(out, 1, 1, 0)));
    rsl_net_leave(n, conv);
    return stride == 1 && x.c == out ? rsl_net_add(n, x, y) : y;
}

void rsl_zoo_mobilenetv2(struct rsl_net *n, int variant) {
    (void)variant;
    static const struct {
        int expand, out, blocks, stride;
    } stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                  {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    n->init = (struct rsl_initialisation){RSL_DRAW_NORMAL_FAN_OUT, RSL_DRAW_NORMAL_SMALL, true};
    int index = 0;
    size_t before = rsl_net_enter(n, "features.%d", index++);
    struct rsl_feature x = conv_norm_relu6(n, n->input, rsl_conv(32, 3, 2, 1));
    rsl_net_leave(n, before);
    for (int stage = 0; stage < 7; stage++) {
        for (int i = 0; i < stages[stage].blocks; i++) {
            before = rsl_net_enter(n, "features.%d", index++);
            x = block(n, x, stages[stage].expand, stages[stage].out,
                      i == 0 ? stages[stage].stride : 1);
            rsl_net_leave(n, before);
        }
    }
    before = rsl_net_enter(n, "features.%d", index);
    x = conv_norm_relu6(n, x, rsl_conv(1280, 1, 1, 0));
    rsl_net_leave(n, before);
    x = rsl_net_flatten(n, rsl_net_global_avg_pool(n, x));
    before = rsl_net_enter(n, "classifier");
    x = rsl_net_dropout(n, x, 0.2f);
    rsl_net_output(n, rsl_net_linear(n, "1", x, n->classes));
    rsl_net_leave(n, before);
}
