/* Sampling a population: each bit at a rate, or so many bits; every bit equally likely, or layer by
 * layer as FORTUNE's programs do it.
 *
 *   rate,  bits    each bit independently (skip.h)
 *   count, bits    K different bits, every set of K equally likely
 *   rate,  layers  floor(rate * bits) times: a layer, then one of its bits, all equally likely
 *   count, layers  K times the same
 *
 * Sampling by layers is with replacement: two flips of one bit cancel. */
#include "base/status.h"
#include "fault/fault_int.h"
#include "fault/skip.h"

#include <math.h>
#include <string.h>

/* How many faults sampling by layers draws. */
static int64_t layer_faults(const struct rsl_fault_stage *stage) {
    const struct rsl_amount *a = &stage->setting->amount;
    if (a->kind == RSL_AMOUNT_COUNT) return a->count;
    return (int64_t)floor(a->rate * (double)stage->population.bits);
}

static int sample_layers(const struct rsl_fault_stage *stage, struct rsl_rng rng,
                         enum rsl_effect effect, struct rsl_faults *out) {
    const struct rsl_fault_population *p = &stage->population;
    int64_t n = layer_faults(stage);
    for (int64_t i = 0; i < n; i++) {
        const struct rsl_population_part *part = &p->parts[rsl_rng_below(&rng, (uint64_t)p->n)];
        int64_t bit = part->first + (int64_t)rsl_rng_below(&rng, (uint64_t)part->bits);
        RSL_TRY(rsl_faults_push(out, rsl_population_address(p, stage->image, bit), effect));
    }
    return RSL_OK;
}

static int sample_rate(const struct rsl_fault_stage *stage, struct rsl_rng rng,
                       enum rsl_effect effect, struct rsl_faults *out) {
    const struct rsl_fault_population *p = &stage->population;
    struct rsl_skip skip = rsl_skip(stage->setting->amount.rate, (uint64_t)p->bits, rng);
    for (uint64_t bit; rsl_skip_next(&skip, &bit);)
        RSL_TRY(
            rsl_faults_push(out, rsl_population_address(p, stage->image, (int64_t)bit), effect));
    return RSL_OK;
}

/* Sorts the entries from `from` on and leaves each number once. */
static int unique(struct rsl_faults *f, size_t from) {
    size_t kept = from;
    RSL_TRY(rsl_faults_sort(f, from));
    for (size_t i = from; i < f->n; i++)
        if (kept == from || f->at[kept - 1].address != f->at[i].address) f->at[kept++] = f->at[i];
    f->n = kept;
    return RSL_OK;
}

/* Appends k different numbers below n, ascending; k <= n / 2. Numbers are drawn until there are k,
 * those that are there already being drawn again: every set is equally likely. */
static int draw_different(struct rsl_faults *f, struct rsl_rng *rng, int64_t n, int64_t k,
                          enum rsl_effect effect) {
    size_t from = f->n;
    while ((int64_t)(f->n - from) < k) {
        for (int64_t missing = k - (int64_t)(f->n - from); missing > 0; missing--)
            RSL_TRY(rsl_faults_push(f, (int64_t)rsl_rng_below(rng, (uint64_t)n), effect));
        RSL_TRY(unique(f, from));
    }
    return RSL_OK;
}

/* The numbers below n that are not in the list's entries from `from` on take their place. */
static int complement(struct rsl_faults *f, size_t from, int64_t n, enum rsl_effect effect) {
    size_t out = f->n - from, i = from, end = f->n;
    for (int64_t number = 0; number < n; number++) {
        if (i < end && f->at[i].address == number)
            i++;
        else
            RSL_TRY(rsl_faults_push(f, number, effect));
    }
    memmove(f->at + from, f->at + end, (f->n - end) * sizeof *f->at);
    f->n -= out;
    return RSL_OK;
}

static int sample_count(const struct rsl_fault_stage *stage, struct rsl_rng rng,
                        enum rsl_effect effect, struct rsl_faults *out) {
    const struct rsl_fault_population *p = &stage->population;
    int64_t k = stage->setting->amount.count;
    size_t from = out->n;
    if (k <= p->bits / 2) {
        RSL_TRY(draw_different(out, &rng, p->bits, k, effect));
    } else { /* those that are left out are fewer */
        RSL_TRY(draw_different(out, &rng, p->bits, p->bits - k, effect));
        RSL_TRY(complement(out, from, p->bits, effect));
    }
    for (size_t i = from; i < out->n; i++)
        out->at[i].address = rsl_population_address(p, stage->image, out->at[i].address);
    return RSL_OK;
}

int rsl_fault_sample(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                     enum rsl_effect effect, struct rsl_faults *out) {
    struct rsl_rng rng = rsl_fault_rng(stage, seed, trial, 0);
    if (stage->setting->sampling == RSL_SAMPLE_LAYERS)
        return sample_layers(stage, rng, effect, out);
    if (stage->setting->amount.kind == RSL_AMOUNT_RATE) return sample_rate(stage, rng, effect, out);
    return sample_count(stage, rng, effect, out);
}

int rsl_fault_sample_flips(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                           struct rsl_faults *out) {
    return rsl_fault_sample(stage, seed, trial, RSL_FLIP, out);
}

double rsl_fault_sample_expected(const struct rsl_fault_stage *stage) {
    const struct rsl_amount *a = &stage->setting->amount;
    if (stage->setting->sampling == RSL_SAMPLE_LAYERS) return (double)layer_faults(stage);
    if (a->kind == RSL_AMOUNT_COUNT) return (double)a->count;
    return a->rate * (double)stage->population.bits;
}

int rsl_fault_sample_open(struct rsl_fault_stage *stage) {
    const struct rsl_amount *a = &stage->setting->amount;
    if (a->kind != RSL_AMOUNT_COUNT || a->count <= stage->population.bits) return RSL_OK;
    return rsl_fail(RSL_EARG, "%lld faults are asked for, but there are %lld bits",
                    (long long)a->count, (long long)stage->population.bits);
}
