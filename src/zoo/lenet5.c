/* LeNet-5 (LeCun et al., Proc. IEEE 1998) as it is used today: ReLU, max pooling, dense second
 * convolution. The first convolution pads images below 32x32, which the original had framed. */
#include "zoo/builder.h"
#include "zoo/families.h"

static struct rsl_feature stage(struct rsl_net *n, const char *name, struct rsl_feature x, int out,
                                int pad) {
    struct rsl_conv conv = rsl_conv(out, 5, 1, pad);
    conv.bias = true;
    x = rsl_net_relu(n, rsl_net_conv(n, name, x, conv));
    return rsl_net_max_pool(n, x, 2, 2, 0);
}

void rsl_zoo_lenet5(struct rsl_net *n, int variant) {
    (void)variant;
    struct rsl_feature x = stage(n, "conv1", n->input, 6, n->input.h < 32 ? 2 : 0);
    x = stage(n, "conv2", x, 16, 0);
    x = rsl_net_flatten(n, x);
    x = rsl_net_relu(n, rsl_net_linear(n, "fc1", x, 120));
    x = rsl_net_relu(n, rsl_net_linear(n, "fc2", x, 84));
    rsl_net_output(n, rsl_net_linear(n, "fc3", x, n->classes));
}
