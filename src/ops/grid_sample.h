/* Where GridSample looks: the pixels under a place of the grid, shared with its gradient. */
#ifndef RSL_OPS_GRID_SAMPLE_H
#define RSL_OPS_GRID_SAMPLE_H

#include "ops/op.h"

enum rsl_grid_mode { RSL_GRID_LINEAR, RSL_GRID_NEAREST, RSL_GRID_CUBIC };
enum rsl_grid_padding { RSL_GRID_ZEROS, RSL_GRID_BORDER, RSL_GRID_REFLECTION };

struct rsl_grid {
    enum rsl_grid_mode mode;
    enum rsl_grid_padding padding;
    bool align_corners;
    int64_t size[2]; /* height, width */
};

struct rsl_grid_taps {
    int n;
    int64_t at[4];   /* -1: outside, zero */
    double w[4];     /* weights */
    double slope[4]; /* their derivatives by the place */
};

/* Attributes, and the size from the image [N,C,H,W]; refuses images and grids that do not fit. */
int rsl_grid_read(const struct rsl_call *c, const struct rsl_tensor *image,
                  const struct rsl_tensor *grid, struct rsl_grid *g);
/* Axis 0 is the height. `place` is finite. */
void rsl_grid_taps(const struct rsl_grid *g, double place, int axis, struct rsl_grid_taps *t);

#endif
