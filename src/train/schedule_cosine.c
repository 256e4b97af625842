/* Half a cosine from the peak to the floor (Loshchilov & Hutter 2017, without restarts), as
 * torch.optim.lr_scheduler.CosineAnnealingLR stepped once per update; and the same after a linear
 * warm-up, as the base models of FORTUNE were trained: with w steps of warm-up out of T
 *
 *     t < w:   floor + (peak - floor) t / (w - 1)
 *     else:    floor + (peak - floor) (1 + cos(pi (t - w) / (T - w))) / 2
 *
 * so that the peak is met at w - 1 and again at w. Published code leaves w a fraction, which lets
 * the rate overshoot the peak by a part of a step; here it is rounded. */
#include "base/status.h"
#include "train/schedule_int.h"

#include <inttypes.h>
#include <math.h>

static double fall(double peak, double floor, int64_t step, int64_t first, int64_t total) {
    double x = step < total ? (double)(step - first) / (double)(total - first) : 1;
    return rsl_half_cosine(peak, floor, x);
}

static int parse(struct rsl_schedule *s, struct rsl_schedule_text *t) {
    return rsl_schedule_number(t, "the floor", 0, 1, &s->floor);
}

static double rate(const struct rsl_schedule *s, double peak, int64_t step,
                   struct rsl_schedule_span span) {
    return fall(peak, s->floor * peak, step, 0, span.total);
}

const struct rsl_schedule_type rsl_schedule_cosine = {
    .name = "cosine",
    .form = "cosine[:FLOOR]",
    .parse = parse,
    .rate = rate,
};

/* ---- with warm-up ---- */

static int64_t warmup_steps(const struct rsl_schedule *s, struct rsl_schedule_span span) {
    if (s->unit == RSL_IN_TRAININGS) return llround(s->warmup * (double)span.total);
    return (int64_t)s->warmup * (s->unit == RSL_IN_EPOCHS ? span.per_epoch : 1);
}

static int parse_warm(struct rsl_schedule *s, struct rsl_schedule_text *t) {
    s->floor = 1e-6;
    RSL_TRY(rsl_schedule_warmup(t, s));
    return rsl_schedule_number(t, "the floor", 0, 1, &s->floor);
}

static int check_warm(const struct rsl_schedule *s, struct rsl_schedule_span span) {
    int64_t warm = warmup_steps(s, span);
    if (warm < span.total) return RSL_OK;
    return rsl_fail(RSL_EARG,
                    "the schedule warms up for %" PRId64
                    " iterations, and the training has only %" PRId64,
                    warm, span.total);
}

static double rate_warm(const struct rsl_schedule *s, double peak, int64_t step,
                        struct rsl_schedule_span span) {
    int64_t warm = warmup_steps(s, span);
    double floor = s->floor * peak;
    if (step >= warm) return fall(peak, floor, step, warm, span.total);
    return step == 0 ? floor : floor + (peak - floor) * (double)step / (double)(warm - 1);
}

const struct rsl_schedule_type rsl_schedule_warmup_cosine = {
    .name = "warmup-cosine",
    .form = "warmup-cosine:W[:FLOOR], W a fraction below 1, epochs, or Wi iterations",
    .parse = parse_warm,
    .check = check_warm,
    .rate = rate_warm,
};
