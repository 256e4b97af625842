/* AlexNet (Krizhevsky et al., 2012) as FORTUNE runs it on Fashion-MNIST enlarged to 227x227: one
 * input channel, no local response normalisation, and a log-softmax at the end, which changes
 * neither the order of the classes nor the cross-entropy. Weights: PyTorch's default.
 * FORTUNE leaves dropout active at test; ours is the identity there. */
#include "zoo/builder.h"
#include "zoo/families.h"

static struct rsl_feature conv(struct rsl_net *n, const char *scope, struct rsl_feature x,
                               struct rsl_conv c) {
    size_t before = rsl_net_enter(n, "%s", scope);
    c.bias = true;
    x = rsl_net_relu(n, rsl_net_conv(n, "0", x, c));
    rsl_net_leave(n, before);
    return x;
}

void rsl_zoo_alexnet(struct rsl_net *n, int variant) {
    (void)variant;
    struct rsl_feature x = conv(n, "conv1", n->input, rsl_conv(96, 11, 4, 0));
    x = rsl_net_max_pool(n, x, 3, 2, 0);
    x = conv(n, "conv2", x, rsl_conv(256, 5, 1, 2));
    x = rsl_net_max_pool(n, x, 3, 2, 0);
    x = conv(n, "conv3", x, rsl_conv(384, 3, 1, 1));
    x = conv(n, "conv4", x, rsl_conv(384, 3, 1, 1));
    x = conv(n, "conv5", x, rsl_conv(256, 3, 1, 1));
    x = rsl_net_max_pool(n, x, 3, 2, 0);
    x = rsl_net_flatten(n, x);
    x = rsl_net_relu(n, rsl_net_linear(n, "fc1", x, 4096));
    x = rsl_net_dropout(n, x, 0.5f);
    x = rsl_net_relu(n, rsl_net_linear(n, "fc2", x, 4096));
    x = rsl_net_dropout(n, x, 0.5f);
    x = rsl_net_linear(n, "fc3", x, n->classes);
    rsl_net_output(n, rsl_net_log_softmax(n, x));
}
