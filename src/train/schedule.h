/* Schedules: the learning rate as a pure function of the step, so that resuming needs the step
 * number and nothing else. docs/training.md has the formulas.
 *
 *     constant
 *     step:K[:GAMMA]                        times GAMMA (0.1) every K epochs
 *     step:K1,K2,...[:GAMMA]                ... once at each of these epochs
 *     cosine[:FLOOR]                        from the peak to FLOOR (0)
 *     warmup-cosine:W[:FLOOR]               straight up from FLOOR (1e-6) for W, then cosine to it
 *     onecycle[:RISE[:DIV[:FINAL]]]         torch.optim.lr_scheduler.OneCycleLR; 0.3, 25, 1e4
 *
 * K and W count epochs, with an `i` behind (step:200i) iterations; W below 1 is a fraction of the
 * whole training. FLOOR is a fraction of the peak. Steps are counted from 0; one step is one update
 * of the parameters. */
#ifndef RSL_TRAIN_SCHEDULE_H
#define RSL_TRAIN_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RSL_MILESTONES = 32 };

struct rsl_schedule_type;

enum rsl_schedule_unit { RSL_IN_EPOCHS, RSL_IN_ITERATIONS, RSL_IN_TRAININGS };

/* What the text said; copyable. Only rsl_schedule_parse writes it. */
struct rsl_schedule {
    const struct rsl_schedule_type *type;
    enum rsl_schedule_unit unit; /* of `at` and `warmup` */
    int64_t at[RSL_MILESTONES];  /* step: one period, or milestones */
    int n_at;                    /* 1: a period */
    double gamma;                /* step */
    double warmup;               /* warmup-cosine */
    double floor;                /* cosine, warmup-cosine: a fraction of the peak */
    double rise, div, final_div; /* onecycle */
};

/* RSL_ENOTFOUND for an unknown name, RSL_EARG for anything else that is wrong with the text. */
int rsl_schedule_parse(struct rsl_schedule *s, const char *text);

/* The i-th schedule's name and form ("cosine", "cosine[:FLOOR]"); NULL after the last. */
const char *rsl_schedule_name(size_t i);
const char *rsl_schedule_form(size_t i);

/* Whether a longer training has the same rates as far as the shorter one goes. */
bool rsl_schedule_endless(const struct rsl_schedule *s);

/* Refuses a schedule that this training is too short for: a warm-up that does not end. */
int rsl_schedule_check(const struct rsl_schedule *s, int64_t steps_per_epoch, int64_t total_steps);

/* The learning rate of step 0, 1, ..., total_steps - 1; after that, what it ended with. */
double rsl_schedule_rate(const struct rsl_schedule *s, double peak, int64_t step,
                         int64_t steps_per_epoch, int64_t total_steps);

/* One-cycle moves the momentum against the rate, from `high` down to `low` and back (PyTorch's
 * values: 0.95, 0.85); for rsl_optimizer_set_momentum. False, with *momentum untouched, for
 * schedules that leave the momentum alone. */
bool rsl_schedule_momentum(const struct rsl_schedule *s, double low, double high, int64_t step,
                           int64_t total_steps, double *momentum);

#endif
