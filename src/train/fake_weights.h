/* Quantization-aware training: the network computes with weights that went through an encoding, the
 * master weights stay float, and gradients pass straight from the one to the other (the
 * straight-through estimator).
 *
 * With an error rate the encoded bits are also flipped, freshly in every pass of every step and as
 * a pure function of (seed, draw, tensor). The trainer averages the gradients with and without
 * these errors as random bit error training does (RandBET; Stutz et al., MLSys 2021). */
#ifndef RSL_TRAIN_FAKE_WEIGHTS_H
#define RSL_TRAIN_FAKE_WEIGHTS_H

#include "memory/encoding.h"

struct rsl_fake_weights {
    struct rsl_encoding encoding;
    double ber; /* of each stored bit; 0: none */
    uint64_t seed;
};

/* One tensor: from the master to what the network computes with. `codes` is room made with
 * rsl_codes_init, needed only with errors. `index` tells the tensors apart. */
int rsl_fake_weights(const struct rsl_fake_weights *f, const float *master,
                     const struct rsl_shape *shape, struct rsl_codes *codes, uint64_t draw,
                     uint64_t index, float *out);

#endif
