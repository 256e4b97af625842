/* A rate that falls in steps: torch.optim.lr_scheduler.StepLR and MultiStepLR; and one that does
 * not fall at all. */
#include "base/status.h"
#include "train/schedule_int.h"

#include <math.h>

static double constant_rate(const struct rsl_schedule *s, double peak, int64_t step,
                            struct rsl_schedule_span span) {
    (void)s, (void)step, (void)span;
    return peak;
}

const struct rsl_schedule_type rsl_schedule_constant = {
    .name = "constant",
    .form = "constant",
    .endless = true,
    .rate = constant_rate,
};

static int parse(struct rsl_schedule *s, struct rsl_schedule_text *t) {
    s->gamma = 0.1;
    RSL_TRY(rsl_schedule_times(t, s));
    return rsl_schedule_number(t, "the factor", 0, 1e6, &s->gamma);
}

static double rate(const struct rsl_schedule *s, double peak, int64_t step,
                   struct rsl_schedule_span span) {
    int64_t time = s->unit == RSL_IN_ITERATIONS ? step : step / span.per_epoch, falls = 0;
    if (s->n_at == 1)
        falls = time / s->at[0];
    else
        while (falls < s->n_at && s->at[falls] <= time) falls++;
    return peak * pow(s->gamma, (double)falls);
}

const struct rsl_schedule_type rsl_schedule_step = {
    .name = "step",
    .form = "step:K[,K...][:GAMMA], K epochs or Ki iterations",
    .endless = true,
    .parse = parse,
    .rate = rate,
};
