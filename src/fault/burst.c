/* Bursts: one event inverts a run of adjacent cells, adjacent in the order of addresses and so of
 * the image's layout. Every chosen bit begins a burst with the same probability; of a burst's cells
 * those are flipped that belong to the population. Lengths are fixed, uniform on A..B, or geometric
 * with a given mean (at least 1). Two bursts that overlap cancel where they do. */
#include "base/status.h"
#include "fault/fault_int.h"

#include <math.h>
#include <string.h>

enum { LONGEST = 1 << 20 };

struct lengths {
    int64_t low, high; /* fixed: equal */
    double mean;       /* geometric when > 0 */
};

static int parse_lengths(struct lengths *l, const struct rsl_fault_words *words) {
    char *text = words->at[1], *dash = strchr(text, '-');
    if (strcmp(text, "geometric") == 0) {
        if (words->n != 3)
            return rsl_fail(RSL_EARG, "'geometric' is followed by the mean length, 'geometric:4'");
        return rsl_fault_parse_number(words->at[2], "the mean length", 1, LONGEST, &l->mean);
    }
    if (words->n != 2)
        return rsl_fail(RSL_EARG, "'%.60s' after the length is too much", words->at[2]);
    if (dash) *dash = 0;
    RSL_TRY(rsl_fault_parse_whole(text, "the length", 1, LONGEST, &l->low));
    l->high = l->low;
    if (!dash) return RSL_OK;
    return rsl_fault_parse_whole(dash + 1, "the largest length", l->low, LONGEST, &l->high);
}

static int parse(struct rsl_fault_setting *s, const struct rsl_fault_words *words) {
    if (words->n < 2)
        return rsl_fail(RSL_EARG,
                        "it takes a rate and a length: 'burst:1e-7:4', 'burst:1e-7:2-8' "
                        "or 'burst:1e-7:geometric:4'");
    s->amount.kind = RSL_AMOUNT_RATE;
    RSL_TRY(rsl_fault_parse_rate(words->at[0], &s->amount.rate));
    return parse_lengths(s->own, words);
}

static void print(const struct rsl_fault_setting *s, struct rsl_text *text) {
    const struct lengths *l = s->own;
    rsl_fault_print_amount(&s->amount, text);
    if (l->mean > 0) {
        rsl_text_puts(text, ":geometric:");
        rsl_fault_print_number(l->mean, text);
    } else {
        rsl_text_printf(text, ":%lld", (long long)l->low);
        if (l->high > l->low) rsl_text_printf(text, "-%lld", (long long)l->high);
    }
}

/* Geometric on 1, 2, ... with mean m: 1 + floor(ln u / ln(1 - 1/m)). */
static int64_t draw_length(const struct lengths *l, struct rsl_rng *rng) {
    if (l->mean > 0) {
        if (l->mean == 1) return 1;
        double u = 1 - rsl_rng_unit(rng);
        double length = 1 + floor(rsl_log_unit(u) / rsl_log_unit(1 - 1 / l->mean));
        return length < LONGEST ? (int64_t)length : LONGEST;
    }
    return l->low + (int64_t)rsl_rng_below(rng, (uint64_t)(l->high - l->low + 1));
}

static int draw(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                struct rsl_faults *out) {
    struct rsl_rng rng = rsl_fault_rng(stage, seed, trial, 1);
    size_t from = out->n;
    RSL_TRY(rsl_fault_sample(stage, seed, trial, RSL_FLIP, out)); /* the first cells */
    for (size_t i = from, end = out->n; i < end; i++) {
        int64_t first = out->at[i].address, length = draw_length(stage->setting->own, &rng);
        for (int64_t a = first + 1; a < first + length && a < stage->image->bits; a++)
            if (rsl_population_has(&stage->population, stage->image, a))
                RSL_TRY(rsl_faults_push(out, a, RSL_FLIP));
    }
    return RSL_OK;
}

/* Without what ends and gaps of the population cut off. */
static double expected(const struct rsl_fault_stage *stage) {
    const struct lengths *l = stage->setting->own;
    double mean = l->mean > 0 ? l->mean : (double)(l->low + l->high) / 2;
    return rsl_fault_sample_expected(stage) * mean;
}

const struct rsl_fault_model rsl_fault_burst = {
    .name = "burst",
    .arguments = ":RATE:LENGTH|:RATE:MIN-MAX|:RATE:geometric:MEAN",
    .about = "each bit begins, with probability RATE, a run of flipped adjacent cells",
    .options = RSL_TAKES_PLACES | RSL_TAKES_POSITIONS | RSL_TAKES_SAMPLING,
    .own = sizeof(struct lengths),
    .parse = parse,
    .print = print,
    .draw = draw,
    .expected = expected,
};
