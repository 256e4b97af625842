/* See integer.h. */
#include "integer.h"

#include <resile/run.h>

#include <string.h>

bool integer_wanted(int compute) {
    const char *name = rsl_compute_name(compute);
    return name && strcmp(name, "int8") == 0;
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
    return rsl_data_open(data, spec, &train) == RSL_OK ? RSL_OK : rsl_data_open(data, spec, test);
}
