/* Our own small network: 3x3 convolutions of 32, 64, 128, 128 channels, each with batch norm and
 * ReLU, pooled by two between them and globally at the end. About 20 million multiplications for a
 * 32x32 image, so that a CPU trains it in minutes. */
#include "zoo/builder.h"
#include "zoo/families.h"

#include <stdio.h>

void rsl_zoo_cnn_small(struct rsl_net *n, int variant) {
    (void)variant;
    static const int64_t channels[] = {32, 64, 128, 128};
    struct rsl_feature x = n->input;
    for (int i = 0; i < 4; i++) {
        char conv[16], bn[16];
        snprintf(conv, sizeof conv, "conv%d", i + 1);
        snprintf(bn, sizeof bn, "bn%d", i + 1);
        x = rsl_net_conv(n, conv, x, rsl_conv(channels[i], 3, 1, 1));
        x = rsl_net_relu(n, rsl_net_batch_norm(n, bn, x));
        if (i < 2) x = rsl_net_max_pool(n, x, 2, 2, 0);
    }
    x = rsl_net_flatten(n, rsl_net_global_avg_pool(n, x));
    rsl_net_output(n, rsl_net_linear(n, "fc", x, n->classes));
}
