/* The gradient of a convolution's weights over a small image as one matrix product:
 *
 *   dW' [M, taps * C] = dY^T [M, batch * pixels] * columns [batch * pixels, taps * C]
 *
 * with the columns of conv_product.c. oneDNN's direct kernels come to a third of the machine's
 * speed at 2x2 pixels in f32; in bf16 they are slower than in f32 up to 4x4, while the product is
 * twice as fast where the processor has instructions for it. The sum is f32 either way. */
#include "base/status.h"
#include "dnnl/conv.h"
#include "dnnl/version.h"
#include "tensor/dtype.h"

enum { MOST_PIXELS = 4, MOST_PIXELS_BF16 = 16 };

struct product {
    struct rsl_kernel_request *rq;
    const struct rsl_conv_geometry *g;
    dnnl_data_type_t type;                  /* of dY and the columns */
    dnnl_memory_desc_t dy, columns, turned; /* plain matrices: dY^T, columns, dW' */
    dnnl_primitive_desc_t pd;
};

/* data = {dW [M, C, taps], dW' [M, taps, C]} */
static void restore(const void *context, void *const *data) {
    const struct rsl_conv_geometry *g = context;
    int64_t taps = rsl_window_kernel_count(&g->window), in = g->in_channels;
#pragma omp parallel for schedule(static)
    for (int64_t m = 0; m < g->out_channels; m++) {
        float *to = (float *)data[0] + m * in * taps;
        const float *from = (const float *)data[1] + m * in * taps;
        for (int64_t tap = 0; tap < taps; tap++)
            for (int64_t c = 0; c < in; c++) to[c * taps + tap] = from[tap * in + c];
    }
}

static void add_rows(const struct rsl_conv_geometry *g, float *sum, const void *dy, bool bf16) {
    const int64_t rows = g->batch * rsl_window_out_count(&g->window), m = g->out_channels;
    const float *f32 = dy;
    const uint16_t *half = dy;
    for (int64_t c = 0; c < m; c++) sum[c] = 0;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < m; c++)
            sum[c] += bf16 ? rsl_bf16_to_f32(half[r * m + c]) : f32[r * m + c];
}

/* data = {db [M], dY [batch * pixels, M]} */
static void sum_rows(const void *geometry, void *const *data) {
    add_rows(geometry, data[0], data[1], false);
}

static void sum_rows_bf16(const void *geometry, void *const *data) {
    add_rows(geometry, data[0], data[1], true);
}

static bool create(struct product *p) {
    const struct rsl_conv_geometry *g = p->g;
    int64_t rows = g->batch * rsl_window_out_count(&g->window), m = g->out_channels;
    int64_t width = rsl_window_kernel_count(&g->window) * g->in_channels;
    dnnl_dims_t dy = {m, rows}, columns = {rows, width}, turned = {m, width}, across = {1, m};
    dnnl_matmul_desc_t op;
    dnnl_memory_desc_init_by_strides(&p->dy, 2, dy, p->type, across);
    dnnl_memory_desc_init_by_tag(&p->columns, 2, columns, p->type, dnnl_ab);
    dnnl_memory_desc_init_by_tag(&p->turned, 2, turned, dnnl_f32, dnnl_ab);
    if (dnnl_matmul_desc_init(&op, &p->dy, &p->columns, NULL, &p->turned) != dnnl_success)
        return false;
    return rsl_dnnl_create(&p->pd, &op, NULL);
}

/* Input i, an image, in channels last: rows of channels. */
static int take_rows(struct product *p, struct seq *s, int i) {
    const struct rsl_call *c = p->rq->call;
    dnnl_memory_desc_t have, want;
    if (!rsl_dnnl_describe(c->in[i], p->rq->in_layout[i], &have) ||
        !rsl_dnnl_channels_last(&c->in[i]->shape, p->type, &want))
        return rsl_fail(RSL_EINTERNAL, "input %d cannot be described", i);
    return rsl_seq_take(s, c, i, &have, &want);
}

static int build(struct product *p, struct seq *s) {
    const struct rsl_call *c = p->rq->call;
    const void *geometry = rsl_arena_memdup(p->rq->arena, p->g, sizeof *p->g);
    dnnl_memory_desc_t plain, bias;
    dnnl_dims_t channels = {p->g->out_channels};
    if (!geometry) return RSL_ENOMEM;
    rsl_dnnl_conv_weights(p->g, dnnl_f32, false, &plain);
    dnnl_memory_desc_init_by_tag(&bias, 1, channels, dnnl_f32, dnnl_a);
    int x = take_rows(p, s, 0);
    int dy = x < 0 ? x : take_rows(p, s, 1);
    int columns = dy < 0 ? dy : rsl_seq_scratch(s, &p->columns);
    int turned = columns < 0 ? columns : rsl_seq_scratch(s, &p->turned);
    int dw = turned < 0 ? turned : rsl_seq_out(s, 0, &plain);
    if (dw < 0) return dw;
    const bool bf16 = p->type == dnnl_bf16;
    RSL_TRY(rsl_seq_function(s, bf16 ? rsl_dnnl_gather_columns_bf16 : rsl_dnnl_gather_columns,
                             geometry, (const int[]){columns, x}, 2, false));
    const struct seq_arg args[] = {
        {DNNL_ARG_SRC, dy}, {DNNL_ARG_WEIGHTS, columns}, {DNNL_ARG_DST, turned}};
    RSL_TRY(rsl_seq_add(s, p->pd, args, 3));
    RSL_TRY(rsl_seq_function(s, restore, geometry, (const int[]){dw, turned}, 2, false));
    s->base.name = "dnnl columns and matrix product";
    if (c->n_out < 2 || !c->out[1]) return RSL_OK;
    int db = rsl_seq_out(s, 1, &bias);
    return db < 0 ? db
                  : rsl_seq_function(s, bf16 ? sum_rows_bf16 : sum_rows, geometry,
                                     (const int[]){db, dy}, 2, false);
}

static bool pays(struct product *p) {
    const bool bf16 = p->rq->compute == RSL_MODE_BF16;
    p->type = bf16 ? dnnl_bf16 : dnnl_f32;
    return bf16 ? rsl_dnnl_has_bf16() && rsl_dnnl_product_pays(p->g, MOST_PIXELS_BF16)
                : rsl_dnnl_product_pays(p->g, MOST_PIXELS);
}

int rsl_dnnl_conv_weight_product(struct rsl_kernel_request *rq, const struct rsl_conv_geometry *g,
                                 struct rsl_kernel **kernel) {
    struct product p = {.rq = rq, .g = g};
    if (!pays(&p) || !create(&p)) return RSL_OK;
    struct seq *s = rsl_seq_new(rq->arena);
    int rc = s ? rsl_seq_done(s, build(&p, s), rq, kernel) : RSL_ENOMEM;
    dnnl_primitive_desc_destroy(p.pd);
    return rc;
}
