/* The list of schedules and their common face. See schedule.h. */
#include "train/schedule.h"

#include "base/nearest.h"
#include "base/status.h"
#include "train/schedule_int.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define X(symbol) extern const struct rsl_schedule_type rsl_schedule_##symbol;
#include "train/schedules.def"
#undef X

static const struct rsl_schedule_type *const types[] = {
#define X(symbol) &rsl_schedule_##symbol,
#include "train/schedules.def"
#undef X
};

enum { TYPES = sizeof types / sizeof *types };

const char *rsl_schedule_name(size_t i) {
    return i < TYPES ? types[i]->name : NULL;
}

const char *rsl_schedule_form(size_t i) {
    return i < TYPES ? types[i]->form : NULL;
}

static int find(const char *text, const struct rsl_schedule_type **type) {
    size_t length = strcspn(text, ":");
    for (size_t i = 0; i < TYPES; i++)
        if (strlen(types[i]->name) == length && memcmp(types[i]->name, text, length) == 0) {
            *type = types[i];
            return RSL_OK;
        }
    char name[64];
    if (length > sizeof name - 1) length = sizeof name - 1;
    memcpy(name, text, length);
    name[length] = 0;
    return rsl_fail_unknown("schedule", name, rsl_schedule_name);
}

int rsl_schedule_parse(struct rsl_schedule *s, const char *text) {
    memset(s, 0, sizeof *s);
    RSL_TRY(find(text, &s->type));
    struct rsl_schedule_text t = {.rest = text + strlen(s->type->name)};
    int rc = s->type->parse ? s->type->parse(s, &t) : RSL_OK;
    if (rc == RSL_OK && *t.rest) rc = rsl_fail(RSL_EARG, "'%.60s' is too much", t.rest);
    return rc < 0 ? rsl_fail_in(rc, "schedule '%.100s' (%s)", text, s->type->form) : RSL_OK;
}

bool rsl_schedule_endless(const struct rsl_schedule *s) {
    return s->type->endless;
}

int rsl_schedule_check(const struct rsl_schedule *s, int64_t steps_per_epoch, int64_t total_steps) {
    struct rsl_schedule_span span = {steps_per_epoch, total_steps};
    assert(steps_per_epoch > 0 && total_steps > 0);
    return s->type->check ? s->type->check(s, span) : RSL_OK;
}

double rsl_schedule_rate(const struct rsl_schedule *s, double peak, int64_t step,
                         int64_t steps_per_epoch, int64_t total_steps) {
    struct rsl_schedule_span span = {steps_per_epoch, total_steps};
    assert(step >= 0 && steps_per_epoch > 0 && total_steps > 0);
    return s->type->rate(s, peak, step, span);
}

bool rsl_schedule_momentum(const struct rsl_schedule *s, double low, double high, int64_t step,
                           int64_t total_steps, double *momentum) {
    struct rsl_schedule_span span = {1, total_steps};
    assert(step >= 0 && total_steps > 0);
    if (!s->type->momentum) return false;
    *momentum = s->type->momentum(s, low, high, step, span);
    return true;
}

double rsl_half_cosine(double from, double to, double x) {
    const double pi = 3.14159265358979323846;
    return to + (from - to) / 2 * (cos(pi * x) + 1);
}
