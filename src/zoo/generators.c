/* The six input generators of NeuralFuse (Sun et al., NeurIPS 2024): G of F(x) = clip(x + G(x)),
 * images in [-1,1]. Names as in IBM/NeuralFuse, weights by PyTorch's default. The U-Nets end
 * without tanh, as published. */
#include "zoo/builder.h"
#include "zoo/families.h"

#include <inttypes.h>
#include <stdio.h>

/* The encoders halve the image three times and G(x) must have the size of x. */
static struct rsl_feature image(struct rsl_net *n) {
    if (n->input.h % 8 != 0 || n->input.w % 8 != 0)
        rsl_net_refuse(n, RSL_ESHAPE,
                       "the sides of the image must be multiples of 8, not %" PRId64 "x%" PRId64,
                       n->input.h, n->input.w);
    return n->input;
}

/* Layers are numbered "1_2" in the source: "conv1_2", "bn1_2"; also "conv_mid", "convout". */
static struct rsl_feature conv_norm(struct rsl_net *n, const char *number, struct rsl_feature x,
                                    int64_t out) {
    char conv[16], norm[16];
    snprintf(conv, sizeof conv, "conv%s", number);
    snprintf(norm, sizeof norm, "bn%s", number);
    struct rsl_conv c = rsl_conv(out, 3, 1, 1);
    c.bias = true;
    return rsl_net_batch_norm(n, norm, rsl_net_conv(n, conv, x, c));
}

static struct rsl_feature conv_norm_relu(struct rsl_net *n, const char *number,
                                         struct rsl_feature x, int64_t out) {
    return rsl_net_relu(n, conv_norm(n, number, x, out));
}

static struct rsl_feature deconv_norm(struct rsl_net *n, const char *number, struct rsl_feature x,
                                      int64_t out) {
    char conv[16], norm[16];
    snprintf(conv, sizeof conv, "dconv%s", number);
    snprintf(norm, sizeof norm, "bn%s", number);
    x = rsl_net_conv_transpose(n, conv, x, rsl_conv(out, 4, 2, 1));
    return rsl_net_batch_norm(n, norm, x);
}

static struct rsl_feature deconv_norm_relu(struct rsl_net *n, const char *number,
                                           struct rsl_feature x, int64_t out) {
    return rsl_net_relu(n, deconv_norm(n, number, x, out));
}

static struct rsl_feature halve(struct rsl_net *n, struct rsl_feature x) {
    return rsl_net_max_pool(n, x, 2, 2, 0);
}

static struct rsl_feature large_encoder(struct rsl_net *n) {
    struct rsl_feature x = conv_norm_relu(n, "1_1", image(n), 32);
    x = halve(n, conv_norm_relu(n, "1_2", x, 32));
    x = conv_norm_relu(n, "2_1", x, 64);
    x = halve(n, conv_norm_relu(n, "2_2", x, 64));
    x = conv_norm_relu(n, "3_1", x, 128);
    return halve(n, conv_norm_relu(n, "3_2", x, 128));
}

static struct rsl_feature small_encoder(struct rsl_net *n) {
    struct rsl_feature x = halve(n, conv_norm_relu(n, "1_1", image(n), 32));
    x = halve(n, conv_norm_relu(n, "2_1", x, 64));
    return halve(n, conv_norm_relu(n, "3_1", x, 64));
}

void rsl_zoo_generator_convl(struct rsl_net *n, int variant) {
    (void)variant;
    struct rsl_feature x = conv_norm_relu(n, "4_1", large_encoder(n), 128);
    x = conv_norm_relu(n, "4_2", rsl_net_upsample(n, x), 128);
    x = conv_norm_relu(n, "5_1", x, 64);
    x = conv_norm_relu(n, "5_2", rsl_net_upsample(n, x), 64);
    x = conv_norm_relu(n, "6_1", x, 32);
    x = conv_norm_relu(n, "6_2", rsl_net_upsample(n, x), 32);
    rsl_net_output(n, rsl_net_tanh(n, conv_norm(n, "out", x, n->input.c)));
}

void rsl_zoo_generator_convs(struct rsl_net *n, int variant) {
    (void)variant;
    struct rsl_feature x = conv_norm_relu(n, "4_1", small_encoder(n), 64);
    x = conv_norm_relu(n, "5_1", rsl_net_upsample(n, x), 32);
    x = conv_norm_relu(n, "6_1", rsl_net_upsample(n, x), n->input.c);
    x = rsl_net_upsample(n, x);
    rsl_net_output(n, rsl_net_tanh(n, conv_norm(n, "out", x, n->input.c)));
}

void rsl_zoo_generator_deconvl(struct rsl_net *n, int variant) {
    (void)variant;
    struct rsl_feature x = conv_norm_relu(n, "_mid", large_encoder(n), 128);
    x = conv_norm_relu(n, "4_2", deconv_norm_relu(n, "4_1", x, 64), 64);
    x = conv_norm_relu(n, "5_2", deconv_norm_relu(n, "5_1", x, 32), 32);
    rsl_net_output(n, rsl_net_tanh(n, deconv_norm(n, "6_1", x, n->input.c)));
}

void rsl_zoo_generator_deconvs(struct rsl_net *n, int variant) {
    (void)variant;
    struct rsl_feature x = deconv_norm_relu(n, "4_1", small_encoder(n), 64);
    x = deconv_norm_relu(n, "5_1", x, 32);
    rsl_net_output(n, rsl_net_tanh(n, deconv_norm(n, "6_1", x, n->input.c)));
}

/* ---- U-Net ---- */

static struct rsl_feature double_conv(struct rsl_net *n, const char *scope, struct rsl_feature x,
                                      int64_t out) {
    size_t before = rsl_net_enter(n, "%s.double_conv", scope);
    x = rsl_net_conv(n, "0", x, rsl_conv(out, 3, 1, 1));
    x = rsl_net_relu(n, rsl_net_batch_norm(n, "1", x));
    x = rsl_net_conv(n, "3", x, rsl_conv(out, 3, 1, 1));
    x = rsl_net_relu(n, rsl_net_batch_norm(n, "4", x));
    rsl_net_leave(n, before);
    return x;
}

static struct rsl_feature down(struct rsl_net *n, const char *name, struct rsl_feature x,
                               int64_t out) {
    size_t before = rsl_net_enter(n, "%s.maxpool_conv", name);
    x = double_conv(n, "1", halve(n, x), out);
    rsl_net_leave(n, before);
    return x;
}

/* The transposed convolution is padded and gives 2H-2: the border that lacks is zero. */
static struct rsl_feature up(struct rsl_net *n, const char *name, struct rsl_feature x,
                             struct rsl_feature skip, int64_t out) {
    size_t before = rsl_net_enter(n, "%s", name);
    x = rsl_net_conv_transpose(n, "up", x, rsl_conv(x.c / 2, 2, 2, 1));
    int64_t rows = skip.h - x.h, columns = skip.w - x.w;
    x = rsl_net_pad(n, x, 0, (const int64_t[]){rows / 2, rows - rows / 2},
                    (const int64_t[]){columns / 2, columns - columns / 2});
    x = rsl_net_concat(n, (struct rsl_feature[]){skip, x}, 2);
    x = double_conv(n, "conv", x, out);
    rsl_net_leave(n, before);
    return x;
}

void rsl_zoo_generator_unet(struct rsl_net *n, int width) {
    struct rsl_feature x1 = double_conv(n, "inc", image(n), width);
    struct rsl_feature x2 = down(n, "down1", x1, 2 * width);
    struct rsl_feature x3 = down(n, "down2", x2, 4 * width);
    struct rsl_feature x = down(n, "down3", x3, 8 * width);
    x = up(n, "up1", x, x3, 4 * width);
    x = up(n, "up2", x, x2, 2 * width);
    x = up(n, "up3", x, x1, width);
    size_t before = rsl_net_enter(n, "outc");
    struct rsl_conv head = rsl_conv(n->input.c, 1, 1, 0);
    head.bias = true;
    rsl_net_output(n, rsl_net_conv(n, "conv", x, head));
    rsl_net_leave(n, before);
}
