/* See fake_weights.h. */
#include "train/fake_weights.h"

#include "base/status.h"
#include "fault/skip.h"

int rsl_fake_weights(const struct rsl_fake_weights *f, const float *master,
                     const struct rsl_shape *shape, struct rsl_codes *codes, uint64_t draw,
                     uint64_t index, float *out) {
    if (f->ber <= 0) return rsl_fake_quantize(&f->encoding, master, shape, out);
    RSL_TRY(rsl_encode(codes, master));
    uint64_t width = (uint64_t)f->encoding.bits;
    struct rsl_skip s = rsl_skip(f->ber, (uint64_t)codes->count * width,
                                 rsl_rng(f->seed ^ ((index + 1) << 40), draw));
    for (uint64_t bit; rsl_skip_next(&s, &bit);) {
        int64_t element = (int64_t)(bit / width);
        uint32_t code = rsl_code_at(codes, element);
        rsl_code_set(codes, element, rsl_encoding_flip(&f->encoding, code, (int)(bit % width)));
    }
    rsl_decode(codes, out);
    return RSL_OK;
}
