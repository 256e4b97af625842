/* See drop_constant.h. */
#include "drop_constant.h"

#include "command.h"
#include "message.h"

#include <resile/store.h>

int drop_constant_of(const struct drop_constant *d, double *constant) {
    int given = d->life_given + d->interval_given + d->p_single_given;
    *constant = d->constant;
    if (given == 0) return EXIT_DONE;
    if (given < 3)
        return usage_error("--life, --interval and --p-single go together: C = T / t * P");
    if (!(d->life > 0 && d->interval > 0 && d->p_single > 0))
        return usage_error("--life, --interval and --p-single must be greater than 0");
    if (d->constant > 0) return usage_error("--drop-constant and --life exclude each other");
    *constant = rsl_drop_constant(d->life, d->interval, d->p_single);
    return EXIT_DONE;
}
