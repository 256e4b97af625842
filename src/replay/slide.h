/* Windows that slide over rows and columns: what convolutions and pools of the replay share. Along
 * an axis, output o and tap t look at input o * stride + t * dilation - pad. */
#ifndef RSL_REPLAY_SLIDE_H
#define RSL_REPLAY_SLIDE_H

#include "ops/window.h"
#include "replay/step.h"

struct slide {
    int kernel, stride, pad, pad_end, dilation;
};

/* Two of them, rows and columns, of a window of one or two dimensions; of one: columns. */
void rsl_slide_from(struct slide *axis, const struct rsl_window *w);

/* The box of value y that reads box `in` of the input. */
struct rsl_box rsl_slide_spread(const struct slide axis[2], const struct replay_value *y,
                                const struct rsl_box *in);
/* The box of value x that box `out` of the output reads. */
struct rsl_box rsl_slide_reach(const struct slide axis[2], const struct replay_value *x,
                               const struct rsl_box *out);
/* Taps [*t0, *t1) of output o that lie on an input of size `in`. */
void rsl_slide_taps(const struct slide *a, int in, int o, int *t0, int *t1);

#endif
