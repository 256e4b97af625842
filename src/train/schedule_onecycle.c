/* One cycle (Smith & Topin 2018) in the two phases of torch.optim.lr_scheduler.OneCycleLR with its
 * cosine annealing: peak/DIV up to peak in the first RISE of the training, then down to
 * peak/DIV/FINAL; the momentum goes the other way. */
#include "base/status.h"
#include "train/schedule_int.h"

static int parse(struct rsl_schedule *s, struct rsl_schedule_text *t) {
    s->rise = 0.3;
    s->div = 25;
    s->final_div = 1e4;
    RSL_TRY(rsl_schedule_number(t, "the rising part", 0, 1, &s->rise));
    RSL_TRY(rsl_schedule_number(t, "the first divisor", 1, 1e12, &s->div));
    return rsl_schedule_number(t, "the last divisor", 1, 1e12, &s->final_div);
}

/* PyTorch's phases end at the real-valued step RISE * total - 1 and at the step total - 1. */
static double anneal(const struct rsl_schedule *s, int64_t step, struct rsl_schedule_span span,
                     double start, double top, double end) {
    double top_at = s->rise * (double)span.total - 1, end_at = (double)(span.total - 1);
    double at = step < span.total ? (double)step : end_at;
    if (at < top_at) return rsl_half_cosine(start, top, at / top_at);
    if (at == top_at) return top;
    return rsl_half_cosine(top, end, (at - top_at) / (end_at - top_at));
}

static double rate(const struct rsl_schedule *s, double peak, int64_t step,
                   struct rsl_schedule_span span) {
    double start = peak / s->div;
    return anneal(s, step, span, start, peak, start / s->final_div);
}

static double momentum(const struct rsl_schedule *s, double low, double high, int64_t step,
                       struct rsl_schedule_span span) {
    return anneal(s, step, span, high, low, high);
}

const struct rsl_schedule_type rsl_schedule_onecycle = {
    .name = "onecycle",
    .form = "onecycle[:RISE[:DIV[:FINAL]]]",
    .parse = parse,
    .rate = rate,
    .momentum = momentum,
};
