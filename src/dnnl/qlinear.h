/* Integer layers (ops/fused_qlinear.h) on oneDNN: what convolutions and linear layers share. */
#ifndef RSL_DNNL_QLINEAR_H
#define RSL_DNNL_QLINEAR_H

#include "dnnl/conv.h"
#include "ops/fused_qlinear.h"

/* oneDNN's 8-bit products are exact only where the processor adds them up in 32 bits; older ones
 * saturate on the way, at 16. */
bool rsl_dnnl_exact_products(void);

/* The pass of a split way. */
struct qlinear_finish {
    struct rsl_qlinear_end end;
    int64_t rows, channels;
    int64_t groups;     /* totals per row: one for each group of channels */
    dnnl_data_type_t z; /* of the residual */
};

/* The ways to run one layer, each NULL when it is not offered. `direct` leaves everything to a
 * primitive that was made for the multipliers as they were; `own` is a kernel of ours
 * (qlinear_own.h) in its place, for any multipliers; both want no zero points of weights. `split`
 * has a primitive for the products alone and a pass of ours, and takes everything. */
struct qlinear_ways {
    struct seq *own, *direct, *split;
};
/* The kernel that chooses by the constants as they are at each moment. It takes the ways over. */
int rsl_dnnl_qlinear_kernel(struct rsl_kernel_request *rq, int64_t channels,
                            const struct qlinear_ways *ways, struct rsl_kernel **kernel);
void rsl_dnnl_qlinear_free(struct qlinear_ways *ways);
/* Appends the pass to a split way: from the sums in memory `sums` to output 0, `y`. */
int rsl_dnnl_qlinear_end(struct seq *s, const struct rsl_call *c,
                         const struct qlinear_finish *finish, struct rsl_arena *a, int sums, int y,
                         int residual, int totals);

/* A convolution and its descriptions: as things come, and as kernels want them. */
struct qlinear_conv {
    struct rsl_kernel_request *rq;
    const struct rsl_call *call;
    struct rsl_conv_geometry g;
    struct rsl_qlinear_end end;
    dnnl_memory_desc_t have_x, want_x, have_w, have_z, want_z, bias, y;
    bool residual, has_bias;
};

#endif
