/* The fields of a schedule's text: numbers, lists of times, the length of a warm-up. */
#include "base/number.h"
#include "base/status.h"
#include "train/schedule_int.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* More epochs or iterations than any training has; times the steps of an epoch still an int64_t. */
static const int64_t most_time = 1000000000;

enum { FIELD = 512 };

/* Copies the next field; 0 when there is none, 1 when there is one. */
static int next_field(struct rsl_schedule_text *t, char field[FIELD]) {
    if (*t->rest == 0) return 0;
    const char *start = t->rest + 1;
    size_t n = strcspn(start, ":");
    if (n >= FIELD) return rsl_fail(RSL_EARG, "a field of %zu characters is too long", n);
    memcpy(field, start, n);
    field[n] = 0;
    t->rest = start + n;
    return 1;
}

static int required_field(struct rsl_schedule_text *t, const char *what, char field[FIELD]) {
    int present = next_field(t, field);
    return present == 0 ? rsl_fail(RSL_EARG, "%s is missing", what) : present;
}

int rsl_schedule_number(struct rsl_schedule_text *t, const char *what, double least, double most,
                        double *value) {
    char field[FIELD];
    double number;
    int present = next_field(t, field);
    if (present <= 0) return present;
    if (!rsl_parse_decimal(field, &number))
        return rsl_fail(RSL_EARG, "%s is '%.60s', which is no number", what, field);
    if (number < least || number > most)
        return rsl_fail(RSL_EARG, "%s is %s, it must be from %g to %g", what, field, least, most);
    *value = number;
    return RSL_OK;
}

/* "12" or "12i" at *text, which moves behind it. */
static int read_time(const char **text, int64_t *time, enum rsl_schedule_unit *unit) {
    size_t digits = strspn(*text, "0123456789");
    const char *end = *text + digits;
    errno = 0;
    *time = digits ? strtoll(*text, NULL, 10) : 0;
    *unit = *end == 'i' ? RSL_IN_ITERATIONS : RSL_IN_EPOCHS;
    if (*end == 'i') end++;
    if (digits == 0 || (*end && *end != ','))
        return rsl_fail(RSL_EARG,
                        "'%.60s' is neither a number of epochs nor, as in 200i, of "
                        "iterations",
                        *text);
    if (errno || *time > most_time)
        return rsl_fail(RSL_EARG, "%.60s is beyond any training", *text);
    *text = end;
    return RSL_OK;
}

int rsl_schedule_times(struct rsl_schedule_text *t, struct rsl_schedule *s) {
    char field[FIELD];
    enum rsl_schedule_unit unit;
    RSL_TRY(required_field(t, "K", field));
    for (const char *at = field;; at++) {
        if (s->n_at == RSL_MILESTONES)
            return rsl_fail(RSL_EARG, "there are more than %d milestones", RSL_MILESTONES);
        int64_t before = s->n_at ? s->at[s->n_at - 1] : 0, time;
        RSL_TRY(read_time(&at, &time, &unit));
        if (time == 0) return rsl_fail(RSL_EARG, "0 is no time after the start");
        if (time <= before)
            return rsl_fail(RSL_EARG, "the milestones do not rise: %" PRId64 " after %" PRId64,
                            time, before);
        if (s->n_at && unit != s->unit)
            return rsl_fail(RSL_EARG, "milestones in epochs and in iterations are mixed");
        s->unit = unit;
        s->at[s->n_at++] = time;
        if (*at == 0) return RSL_OK;
    }
}

int rsl_schedule_warmup(struct rsl_schedule_text *t, struct rsl_schedule *s) {
    char field[FIELD];
    const char *at = field;
    int64_t time;
    RSL_TRY(required_field(t, "W", field));
    if (rsl_parse_decimal(field, &s->warmup) && s->warmup >= 0 && s->warmup < 1) {
        s->unit = RSL_IN_TRAININGS;
        return RSL_OK;
    }
    if (read_time(&at, &time, &s->unit) < 0 || *at)
        return rsl_fail(RSL_EARG,
                        "the warm-up is '%.60s'; it is a fraction below 1 of the "
                        "training, a number of epochs or, as in 500i, of iterations",
                        field);
    s->warmup = (double)time;
    return RSL_OK;
}
