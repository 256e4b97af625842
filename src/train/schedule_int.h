/* What a schedule is to schedule.c, and the reading of its text. To add one: a file with a
 * `const struct rsl_schedule_type rsl_schedule_<symbol>` and a line in schedules.def. */
#ifndef RSL_TRAIN_SCHEDULE_INT_H
#define RSL_TRAIN_SCHEDULE_INT_H

#include "train/schedule.h"

/* The fields behind the name, read one after the other. */
struct rsl_schedule_text {
    const char *rest; /* "" or ":field..." */
};

/* The length of the training in steps. */
struct rsl_schedule_span {
    int64_t per_epoch, total;
};

struct rsl_schedule_type {
    const char *name;
    const char *form;
    bool endless; /* the length of the training plays no part */
    /* Reads the fields into `s`, which is zero but for the type. */
    int (*parse)(struct rsl_schedule *s, struct rsl_schedule_text *t);
    /* NULL: any training will do */
    int (*check)(const struct rsl_schedule *s, struct rsl_schedule_span span);
    double (*rate)(const struct rsl_schedule *s, double peak, int64_t step,
                   struct rsl_schedule_span span);
    /* NULL: leaves the momentum alone */
    double (*momentum)(const struct rsl_schedule *s, double low, double high, int64_t step,
                       struct rsl_schedule_span span);
};

/* The next field as a number from `least` to `most`; *value stays when there is none. */
int rsl_schedule_number(struct rsl_schedule_text *t, const char *what, double least, double most,
                        double *value);

/* The next field, which must be there, as rising whole numbers from 1 on into s->at and s->unit. */
int rsl_schedule_times(struct rsl_schedule_text *t, struct rsl_schedule *s);

/* The next field, which must be there, as a fraction below 1 or a whole number of epochs or
 * iterations into s->warmup and s->unit. */
int rsl_schedule_warmup(struct rsl_schedule_text *t, struct rsl_schedule *s);

/* From `from` to `to` along half a cosine while x goes from 0 to 1. */
double rsl_half_cosine(double from, double to, double x);

#endif
