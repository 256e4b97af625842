/* The ResNets that He et al. (2015, section 4.2) made for CIFAR-10: 6k+2 layers, 16-32-64 channels,
 * shortcuts without parameters (option A: every second pixel, new channels zero). Names and
 * weights (normal by fan-in, also the linear layer) as in akamaster/pytorch_resnet_cifar10. */
#include "zoo/builder.h"
#include "zoo/families.h"

static struct rsl_feature shortcut(struct rsl_net *n, struct rsl_feature x, int64_t width,
                                   int stride) {
    if (stride == 1) return x;
    size_t before = rsl_net_enter(n, "shortcut");
    const int64_t none[2] = {0, 0};
    int64_t missing = width - x.c;
    x = rsl_net_pad(n, rsl_net_subsample(n, x), missing / 2, none, none);
    rsl_net_leave(n, before);
    return x;
}

static struct rsl_feature block(struct rsl_net *n, struct rsl_feature x, int64_t width,
                                int stride) {
    struct rsl_feature y = rsl_net_conv(n, "conv1", x, rsl_conv(width, 3, stride, 1));
    y = rsl_net_relu(n, rsl_net_batch_norm(n, "bn1", y));
    y = rsl_net_conv(n, "conv2", y, rsl_conv(width, 3, 1, 1));
    y = rsl_net_batch_norm(n, "bn2", y);
    y = rsl_net_add(n, y, shortcut(n, x, width, stride));
    return rsl_net_relu(n, y);
}

void rsl_zoo_resnet_cifar(struct rsl_net *n, int depth) {
    n->init = (struct rsl_initialisation){RSL_DRAW_NORMAL_FAN_IN, RSL_DRAW_NORMAL_FAN_IN, false};
    struct rsl_feature x = rsl_net_conv(n, "conv1", n->input, rsl_conv(16, 3, 1, 1));
    x = rsl_net_relu(n, rsl_net_batch_norm(n, "bn1", x));
    for (int stage = 0; stage < 3; stage++) {
        for (int i = 0; i < (depth - 2) / 6; i++) {
            size_t before = rsl_net_enter(n, "layer%d.%d", stage + 1, i);
            x = block(n, x, 16 << stage, stage > 0 && i == 0 ? 2 : 1);
            rsl_net_leave(n, before);
        }
    }
    x = rsl_net_flatten(n, rsl_net_global_avg_pool(n, x));
    rsl_net_output(n, rsl_net_linear(n, "linear", x, n->classes));
}
