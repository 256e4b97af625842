/* How a Pad node pads, for its kernels. */
#ifndef RSL_OPS_PAD_H
#define RSL_OPS_PAD_H

#include "ops/op.h"

enum rsl_pad_mode { RSL_PAD_CONSTANT, RSL_PAD_REFLECT, RSL_PAD_EDGE, RSL_PAD_WRAP };

struct rsl_padding {
    enum rsl_pad_mode mode;
    int64_t before[RSL_MAX_RANK], after[RSL_MAX_RANK]; /* elements; negative: so many fewer */
};

int rsl_pad_read(const struct rsl_call *c, struct rsl_padding *p);
/* The constant's bytes: input 2, or attribute `value` before opset 11, or zero. */
void rsl_pad_constant(const struct rsl_call *c, char constant[8]);

#endif
