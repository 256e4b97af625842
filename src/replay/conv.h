/* Convolutions and linear layers of the replay. A linear layer is a convolution of one pixel. */
#ifndef RSL_REPLAY_CONV_H
#define RSL_REPLAY_CONV_H

#include "replay/conv_kernel.h"
#include "replay/slide.h"
#include "replay/step.h"

struct conv {
    int groups, in_channels, out_channels; /* per group */
    struct slide axis[2];                  /* rows, columns */
    int taps;
    int block, blocks; /* output channels per block, blocks per group */
    int chunk, chunks; /* input channels per sum, sums per output */
    size_t weights;    /* offset in the parameters: [group][block][in][tap][channel] */
    bool by_input;     /* the constant is [in][out]; else [out][in][tap] */
};

extern const struct step_kind rsl_step_conv;

/* Blocks of one step's weights, for replay_view.touched_blocks: bit
 * ((group * blocks) + block) * chunks + chunk. */
int rsl_conv_weight_blocks(const struct conv *k);

/* Golden sums before they are added up, kept for a step: with them a change in one input channel or
 * one weight costs the sums that contain it. [chunk][output channel][plane] */
size_t rsl_conv_sums_size(const struct rsl_replay *r, const struct replay_step *s);
void rsl_conv_sums(const struct replay_step *s, struct replay_view *v, float *sums);
/* A changed region of the input that would leave most golden sums of the step as they are. */
bool rsl_conv_sums_help(const struct replay_step *s, const struct replay_view *v);

#endif
