/* How often intervals cover the truth, on populations whose truth is known: that on which sampling
 * stops, and those of a fixed number of trials. The tables of docs/statistics.md.
 *
 *     coverage [REPEATS]        2,000 */
#include "populations.h"

#include "base/status.h"
#include "metric/trials_interval.h"

#include <stdio.h>
#include <stdlib.h>

#define SDC  .quantity = RSL_QUANTITY_SDC, .golden = 1
#define DROP .quantity = RSL_QUANTITY_DROP, .golden = 0.92

static const struct population populations[] = {
    {"images alone, SDC 0.5", draw_images, .rate = 0.5, .truth = 0.5, SDC, .margin = 0.05,
     .most_block = 1, .n_bins = 1},
    {"images alone, SDC 0.1", draw_images, .rate = 0.1, .truth = 0.1, SDC, .margin = 0.02,
     .most_block = 1, .n_bins = 1},
    {"images alone, SDC 0.01", draw_images, .rate = 0.01, .truth = 0.01, SDC, .margin = 0.005,
     .most_block = 1, .n_bins = 1},
    {"images alone, SDC 0.001", draw_images, .rate = 0.001, .truth = 0.001, SDC, .margin = 0.0005,
     .most_block = 1, .n_bins = 1},
    {"blocks, SDC 0.1, trials all alike", draw_images, .rate = 0.1, .truth = 0.1, SDC,
     .margin = 0.01, .most_block = 64, .n_bins = 1},
    {"17 images in blocks of 16, one at 0.2", draw_last, .rate = 0.2, .other = 0.1,
     .truth = 1.8 / 17, SDC, .margin = 0.005, .least_block = 16, .most_block = 16, .images = 17,
     .n_bins = 1},
    {"trials' SDC from 0 to 1, mean 0.5", draw_clusters, .other = 1, .truth = 0.5, SDC,
     .margin = 0.03, .most_block = 64, .n_bins = 1},
    {"trials' SDC from 0 to 1, mean 0.1", draw_clusters, .other = 9, .truth = 0.1, SDC,
     .margin = 0.02, .most_block = 64, .n_bins = 1},
    {"drop, 20 % of trials collapse", draw_collapse, .rate = 0.2, .other = 0.01, .truth = -1, DROP,
     .margin = 0.02, .most_block = 64, .n_bins = 1},
    {"... margin 0.01", draw_collapse, .rate = 0.2, .other = 0.01, .truth = -1, DROP,
     .margin = 0.01, .most_block = 64, .n_bins = 1},
    {"drop, 2 % collapse", draw_collapse, .rate = 0.02, .other = 0.01, .truth = -1, DROP,
     .margin = 0.01, .most_block = 64, .n_bins = 1},
    {"drop, 0.5 % collapse", draw_collapse, .rate = 0.005, .other = 0.01, .truth = -1, DROP,
     .margin = 0.01, .most_block = 64, .n_bins = 1, .degenerate = true},
    {"drop, none collapses", draw_collapse, .rate = 0, .other = 0.01, .truth = -1, DROP,
     .margin = 0.01, .most_block = 64, .n_bins = 1, .degenerate = true},
    {"drop, trials differ by 5 points", draw_normal, .rate = 0.05 / 0.82, .other = 0.2 / 0.82,
     .truth = 0.2, DROP, .margin = 0.01, .most_block = 64, .n_bins = 1},
    {"... by 1 point", draw_normal, .rate = 0.01 / 0.82, .other = 0.05 / 0.82, .truth = 0.05, DROP,
     .margin = 0.0047, .most_block = 64, .n_bins = 1},
    {"... by 0.3 points", draw_normal, .rate = 0.003 / 0.82, .other = 0.01 / 0.82, .truth = 0.01,
     DROP, .margin = 0.0014, .most_block = 64, .n_bins = 1, .degenerate = true},
    {"the same 25 % of images always", draw_same, .rate = 0.25, .truth = 0.25, SDC, .margin = 0.01,
     .most_block = 64, .n_bins = 1, .degenerate = true},
    {"everything masked", draw_same, .rate = 0, .truth = 0, SDC, .margin = 0.01, .most_block = 64,
     .n_bins = 1, .degenerate = true},
    {"single bits, drawn from all", draw_positions, .rate = 0.4, .other = 0.0003,
     .truth = (0.4 + 31 * 0.0003) / 32, SDC, .margin = 0.003, .most_block = 1, .n_bins = 1},
    {"single bits, two strata", draw_positions, .rate = 0.4, .other = 0.0003,
     .truth = (0.4 + 31 * 0.0003) / 32, SDC, .margin = 0.003, .most_block = 1, .n_bins = 32},
};

static int row(const struct population *p, int repeats, bool *good) {
    double truth = p->truth >= 0 ? p->truth : collapse_drop(p->rate, p->other, p->golden);
    double covered = 0, bias = 0, trials = 0, images = 0, half = 0;
    for (int r = 0; r < repeats; r++) {
        struct sampled s = {.trials = 0};
        RSL_TRY(sample(p, (uint64_t)r, &s));
        covered += covers(s.interval, truth);
        bias += (s.mean - truth) / repeats;
        trials += (double)s.trials / repeats;
        images += (double)s.images / repeats;
        half += (s.interval.high - s.interval.low) / 2 / repeats;
    }
    double share = covered / repeats;
    *good = share >= 0.93 && (p->degenerate || share <= 0.97);
    printf("| %s%s | %.5f | %g | %s%.2f %% | %.5f | %.5f | %.0f | %.0f |\n", p->name,
           p->degenerate ? " \\*" : "", truth, p->margin, *good ? "" : "! ", 100 * share, bias,
           half, trials, images);
    return RSL_OK;
}

/* ---- a fixed number of trials ---- */

enum { IMAGES = 200 };

/* `degenerate` here: what hardly ever happens is not seen in so few trials. */
static const struct population fixed[] = {
    {"single faults, 1.3 % are harmful", draw_single, .rate = 0.013, .truth = 0.012, SDC},
    {"trials' SDC from 0 to 1, mean 0.1", draw_clusters, .other = 9, .truth = 0.1, SDC},
    {"SDC 0.1, trials all alike", draw_images, .rate = 0.1, .truth = 0.1, SDC},
    {"drop, trials differ by 5 points", draw_normal, .rate = 0.05 / 0.82, .other = 0.2 / 0.82,
     .truth = 0.2, DROP},
    {"drop, 20 % of trials collapse", draw_collapse, .rate = 0.2, .other = 0.01, .truth = -1, DROP},
    {"drop, 2 % collapse", draw_collapse, .rate = 0.02, .other = 0.01, .truth = -1, DROP,
     .degenerate = true},
};

static struct rsl_interval interval_of(const struct population *p, int trials, uint64_t seed) {
    struct rsl_tally t = {0};
    struct rsl_rng rng = rsl_rng(seed, (uint64_t)trials);
    const struct rsl_stopping_trial trial = {.images = IMAGES};
    for (int i = 0; i < trials; i++) {
        struct rsl_stopping_outcome o = p->draw(p, &rng, &trial);
        bool sdc = p->quantity == RSL_QUANTITY_SDC;
        rsl_tally_add(&t, o.images, sdc ? o.sdc : o.golden_correct - o.correct);
    }
    return p->quantity == RSL_QUANTITY_SDC
               ? rsl_trials_share_interval(&t, 1, 0.95)
               : rsl_trials_mean_interval(&t, 1, p->golden - 1, p->golden, 0.95);
}

static int fixed_row(const struct population *p, int repeats) {
    static const int numbers[] = {20, 100, 500};
    double truth = p->truth >= 0 ? p->truth : collapse_drop(p->rate, p->other, p->golden);
    int bad = 0;
    printf("| %s%s | %.5f |", p->name, p->degenerate ? " \\*" : "", truth);
    for (int i = 0; i < 3; i++) {
        double covered = 0, half = 0;
        for (int r = 0; r < repeats; r++) {
            struct rsl_interval at = interval_of(p, numbers[i], (uint64_t)r);
            covered += covers(at, truth) / (double)repeats;
            half += (at.high - at.low) / 2 / repeats;
        }
        bool good = covered >= 0.93 || p->degenerate;
        printf(" %s%.1f %% (%.4f) |", good ? "" : "! ", 100 * covered, half);
        bad += !good;
    }
    printf("\n");
    return bad;
}

int main(int argc, char **argv) {
    int repeats = argc > 1 ? atoi(argv[1]) : 2000, bad = 0;
    if (repeats < 1) return 2;
    printf(
        "| population | truth | margin | covered | bias | half width | trials | images |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < sizeof populations / sizeof *populations; i++) {
        bool good;
        if (row(&populations[i], repeats, &good) < 0) {
            fprintf(stderr, "%s\n", rsl_errmsg());
            return 1;
        }
        bad += !good;
        fflush(stdout);
    }
    printf(
        "\n| population | truth | 20 trials | 100 trials | 500 trials |\n"
        "| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        bad += fixed_row(&fixed[i], repeats);
        fflush(stdout);
    }
    return bad > 0;
}
