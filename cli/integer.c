/* See integer.h. */
#include "integer.h"

#include "message.h"

#include <resile/run.h>

#include <string.h>

bool integer_wanted(int compute) {
    const char *name = rsl_compute_name(compute);
    return name && strcmp(name, "int8") == 0;
}

const char *integer_float_compute(int i) {
    return integer_wanted(i) ? NULL : rsl_compute_name(i);
}

int integer_check(const struct integer *given, int compute) {
    const char *option = given->ranges_given      ? "--ranges"
                         : given->calibrate_given ? "--calibrate"
                                                  : NULL;
    if (!option || integer_wanted(compute)) return 0;
    return usage_error("%s is about --compute int8", option);
}

const char *integer_compute(int compute) {
    return integer_wanted(compute) ? NULL : rsl_compute_name(compute);
}

struct rsl_integer_options integer_options(const struct integer *given, int threads) {
    return (struct rsl_integer_options){.storage = given->storage,
                                        .ranges = rsl_range_method(given->ranges),
                                        .images = given->calibrate,
                                        .threads = threads};
}

int integer_open_data(struct rsl_data **data, const char *spec,
                      const struct rsl_data_options *test) {
    struct rsl_data_options train = *test;
    train.split = "train";
    int status = rsl_data_open(data, spec, &train);
    return status == RSL_ENOTFOUND ? rsl_data_open(data, spec, test) : status;
}
