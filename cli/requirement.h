/* What results have to meet, for scripts: exit code 3 where they do not.
 *
 *     struct inject { ...; struct requirement required; };
 *     static const struct option options[] = {..., REQUIREMENT_OPTIONS(struct inject, required),
 * {0}};
 */
#ifndef CLI_REQUIREMENT_H
#define CLI_REQUIREMENT_H

#include "option.h"

#include <resile/campaign.h>

struct requirement {
    double drop_max, sdc_max;
    bool drop_given, sdc_given;
};

/* EXIT_DONE when every point of the campaign meets it with its whole interval: what cannot be
 * excluded is not shown. Else complains about each that does not, and returns EXIT_UNMET. */
int requirement_check(const struct requirement *r, const struct rsl_campaign *c);

#define REQUIREMENT_OPTIONS(owner, field)                                                      \
    {"drop-max",                                                                               \
     .type = OPTION_DOUBLE,                                                                    \
     .at = offsetof(owner, field.drop_max),                                                    \
     .value = "B",                                                                             \
     .help =                                                                                   \
         "required: the upper end of the drop's interval is at most this, 0.02 or 2%, "        \
         "at every rate",                                                                      \
     .max = 1,                                                                                 \
     .given = offsetof(owner, field.drop_given)},                                              \
    {                                                                                          \
        "sdc-max", .type = OPTION_DOUBLE, .at = offsetof(owner, field.sdc_max), .value = "S",  \
                   .help = "required: likewise of the share of changed predictions", .max = 1, \
                   .given = offsetof(owner, field.sdc_given)                                   \
    }

#endif
