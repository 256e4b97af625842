/* Inception-v3 (Szegedy et al., 2015) for 32x32 images as FORTUNE uses it (huyvnphan's
 * PyTorch_CIFAR10): the seven layers of the stem are one 3x3 convolution to 192 channels; no
 * auxiliary classifier. Names as in torchvision, batch norm with epsilon 1e-3, weights by PyTorch's
 * default. The blocks below carry torchvision's letters A to E. */
#include "zoo/builder.h"
#include "zoo/families.h"

/* BasicConv2d: convolution, batch norm, ReLU. */
static struct rsl_feature conv(struct rsl_net *n, const char *name, struct rsl_feature x,
                               struct rsl_conv c) {
    size_t before = rsl_net_enter(n, "%s", name);
    x = rsl_net_conv(n, "conv", x, c);
    x = rsl_net_relu(n, rsl_net_batch_norm_eps(n, "bn", x, 1e-3f));
    rsl_net_leave(n, before);
    return x;
}

static struct rsl_feature conv1(struct rsl_net *n, const char *name, struct rsl_feature x,
                                int64_t out) {
    return conv(n, name, x, rsl_conv(out, 1, 1, 0));
}

static struct rsl_feature conv3(struct rsl_net *n, const char *name, struct rsl_feature x,
                                int64_t out) {
    return conv(n, name, x, rsl_conv(out, 3, 1, 1));
}

/* The window that halves the image. */
static struct rsl_feature conv3_s2(struct rsl_net *n, const char *name, struct rsl_feature x,
                                   int64_t out) {
    return conv(n, name, x, rsl_conv(out, 3, 2, 0));
}

/* 1 x k, and k x 1. */
static struct rsl_feature row(struct rsl_net *n, const char *name, struct rsl_feature x,
                              int64_t out, int k) {
    struct rsl_conv c = {.out = out, .kernel = {1, k}, .pad = {0, k / 2}, .stride = 1, .groups = 1};
    return conv(n, name, x, c);
}

static struct rsl_feature column(struct rsl_net *n, const char *name, struct rsl_feature x,
                                 int64_t out, int k) {
    struct rsl_conv c = {.out = out, .kernel = {k, 1}, .pad = {k / 2, 0}, .stride = 1, .groups = 1};
    return conv(n, name, x, c);
}

static struct rsl_feature pooled(struct rsl_net *n, struct rsl_feature x, int64_t out) {
    return conv1(n, "branch_pool", rsl_net_avg_pool(n, x, 3, 1, 1), out);
}

static struct rsl_feature block_a(struct rsl_net *n, const char *name, struct rsl_feature x,
                                  int64_t pool) {
    size_t before = rsl_net_enter(n, "%s", name);
    struct rsl_feature b1 = conv1(n, "branch1x1", x, 64);
    struct rsl_feature b5 = conv1(n, "branch5x5_1", x, 48);
    b5 = conv(n, "branch5x5_2", b5, rsl_conv(64, 5, 1, 2));
    struct rsl_feature b3 = conv1(n, "branch3x3dbl_1", x, 64);
    b3 = conv3(n, "branch3x3dbl_2", b3, 96);
    b3 = conv3(n, "branch3x3dbl_3", b3, 96);
    struct rsl_feature parts[] = {b1, b5, b3, pooled(n, x, pool)};
    x = rsl_net_concat(n, parts, 4);
    rsl_net_leave(n, before);
    return x;
}

static struct rsl_feature block_b(struct rsl_net *n, const char *name, struct rsl_feature x) {
    size_t before = rsl_net_enter(n, "%s", name);
    struct rsl_feature b3 = conv3_s2(n, "branch3x3", x, 384);
    struct rsl_feature bd = conv1(n, "branch3x3dbl_1", x, 64);
    bd = conv3(n, "branch3x3dbl_2", bd, 96);
    bd = conv3_s2(n, "branch3x3dbl_3", bd, 96);
    struct rsl_feature parts[] = {b3, bd, rsl_net_max_pool(n, x, 3, 2, 0)};
    x = rsl_net_concat(n, parts, 3);
    rsl_net_leave(n, before);
    return x;
}

static struct rsl_feature block_c(struct rsl_net *n, const char *name, struct rsl_feature x,
                                  int64_t c7) {
    size_t before = rsl_net_enter(n, "%s", name);
    struct rsl_feature b1 = conv1(n, "branch1x1", x, 192);
    struct rsl_feature b7 = conv1(n, "branch7x7_1", x, c7);
    b7 = row(n, "branch7x7_2", b7, c7, 7);
    b7 = column(n, "branch7x7_3", b7, 192, 7);
    struct rsl_feature bd = conv1(n, "branch7x7dbl_1", x, c7);
    bd = column(n, "branch7x7dbl_2", bd, c7, 7);
    bd = row(n, "branch7x7dbl_3", bd, c7, 7);
    bd = column(n, "branch7x7dbl_4", bd, c7, 7);
    bd = row(n, "branch7x7dbl_5", bd, 192, 7);
    struct rsl_feature parts[] = {b1, b7, bd, pooled(n, x, 192)};
    x = rsl_net_concat(n, parts, 4);
    rsl_net_leave(n, before);
    return x;
}

static struct rsl_feature block_d(struct rsl_net *n, const char *name, struct rsl_feature x) {
    size_t before = rsl_net_enter(n, "%s", name);
    struct rsl_feature b3 = conv1(n, "branch3x3_1", x, 192);
    b3 = conv3_s2(n, "branch3x3_2", b3, 320);
    struct rsl_feature b7 = conv1(n, "branch7x7x3_1", x, 192);
    b7 = row(n, "branch7x7x3_2", b7, 192, 7);
    b7 = column(n, "branch7x7x3_3", b7, 192, 7);
    b7 = conv3_s2(n, "branch7x7x3_4", b7, 192);
    struct rsl_feature parts[] = {b3, b7, rsl_net_max_pool(n, x, 3, 2, 0)};
    x = rsl_net_concat(n, parts, 3);
    rsl_net_leave(n, before);
    return x;
}

static struct rsl_feature block_e(struct rsl_net *n, const char *name, struct rsl_feature x) {
    size_t before = rsl_net_enter(n, "%s", name);
    struct rsl_feature b1 = conv1(n, "branch1x1", x, 320);
    struct rsl_feature b3 = conv1(n, "branch3x3_1", x, 384);
    struct rsl_feature b3a = row(n, "branch3x3_2a", b3, 384, 3);
    struct rsl_feature b3b = column(n, "branch3x3_2b", b3, 384, 3);
    b3 = rsl_net_concat(n, (struct rsl_feature[]){b3a, b3b}, 2);
    struct rsl_feature bd = conv1(n, "branch3x3dbl_1", x, 448);
    bd = conv3(n, "branch3x3dbl_2", bd, 384);
    struct rsl_feature bda = row(n, "branch3x3dbl_3a", bd, 384, 3);
    struct rsl_feature bdb = column(n, "branch3x3dbl_3b", bd, 384, 3);
    bd = rsl_net_concat(n, (struct rsl_feature[]){bda, bdb}, 2);
    struct rsl_feature parts[] = {b1, b3, bd, pooled(n, x, 192)};
    x = rsl_net_concat(n, parts, 4);
    rsl_net_leave(n, before);
    return x;
}

void rsl_zoo_inception(struct rsl_net *n, int variant) {
    (void)variant;
    struct rsl_feature x = conv3(n, "Conv2d_1a_3x3", n->input, 192);
    x = block_a(n, "Mixed_5b", x, 32);
    x = block_a(n, "Mixed_5c", x, 64);
    x = block_a(n, "Mixed_5d", x, 64);
    x = block_b(n, "Mixed_6a", x);
    x = block_c(n, "Mixed_6b", x, 128);
    x = block_c(n, "Mixed_6c", x, 160);
    x = block_c(n, "Mixed_6d", x, 160);
    x = block_c(n, "Mixed_6e", x, 192);
    x = block_d(n, "Mixed_7a", x);
    x = block_e(n, "Mixed_7b", x);
    x = block_e(n, "Mixed_7c", x);
    x = rsl_net_dropout(n, rsl_net_global_avg_pool(n, x), 0.5f);
    rsl_net_output(n, rsl_net_linear(n, "fc", rsl_net_flatten(n, x), n->classes));
}
