/* Speed of packed networks beside two others; see resile/packed.h. */
#include "base/status.h"
#include "graph/compute.h"
#include "memory/layout.h"
#include "memory/packed_race.h"
#include "resile/packed.h"

#include <stdio.h>
#include <string.h>

enum { NETWORKS = 3, PACKED = 0, PLAIN = 1, W8 = 2 };

static int describe(char storage[NETWORKS][RSL_STORAGE_TEXT],
                    const struct rsl_bench_packed_options *o) {
    const char *protect = o->protect ? o->protect : "none";
    if (o->bits < 2 || o->bits > 8)
        return rsl_fail(RSL_EARG, "%d bits: the width of a weight must be in 2..8", o->bits);
    if (strlen(protect) > 32) return rsl_fail(RSL_EARG, "there is no such protection");
    snprintf(storage[PACKED], RSL_STORAGE_TEXT, "affine%d/%s/block", o->bits, protect);
    snprintf(storage[PLAIN], RSL_STORAGE_TEXT, "affine%d/none/block", o->bits);
    snprintf(storage[W8], RSL_STORAGE_TEXT, "affine8/none/word");
    return RSL_OK;
}

static int read_options(struct rsl_packed_race_options *race,
                        const struct rsl_bench_packed_options *o) {
    enum rsl_compute_mode mode;
    if (!(o->ber >= 0 && o->ber <= 1))
        return rsl_fail(RSL_EARG, "bit error rate %g is not in 0..1", o->ber);
    RSL_TRY(rsl_compute_parse(o->compute, &mode));
    if (mode != RSL_MODE_F32 && mode != RSL_MODE_INT8)
        return rsl_fail(RSL_EARG, "stored bits are computed on in f32 or int8, not in %s",
                        o->compute);
    *race = (struct rsl_packed_race_options){.batch = o->batch,
                                             .threads = o->threads,
                                             .seconds = o->seconds,
                                             .ber = o->ber,
                                             .integers = mode == RSL_MODE_INT8,
                                             .seed = o->seed};
    return RSL_OK;
}

int rsl_bench_packed(const struct rsl_model *m, const struct rsl_bench_packed_options *o,
                     struct rsl_bench_packed_result *r) {
    char storage[NETWORKS][RSL_STORAGE_TEXT];
    const char *const texts[NETWORKS] = {storage[PACKED], storage[PLAIN], storage[W8]};
    struct rsl_packed_race_options race;
    struct rsl_packed_time t[NETWORKS];
    memset(r, 0, sizeof *r);
    RSL_TRY(read_options(&race, o));
    RSL_TRY(describe(storage, o));
    RSL_TRY(rsl_packed_race(m, texts, NETWORKS, &race, t));
    r->packed = t[PACKED].whole;
    r->plain = t[PLAIN].whole;
    r->w8 = t[W8].whole;
    r->linear_packed = t[PACKED].linear;
    r->linear_plain = t[PLAIN].linear;
    r->linear_w8 = t[W8].linear;
    r->bits_packed = t[PACKED].bits;
    r->bits_plain = t[PLAIN].bits;
    r->bits_w8 = t[W8].bits;
    r->passes = t[PACKED].passes;
    r->kernel = t[PACKED].kernel;
    snprintf(r->storage, sizeof r->storage, "%s", storage[PACKED]);
    snprintf(r->baseline, sizeof r->baseline, "%s", storage[W8]);
    return RSL_OK;
}
