/* See drop_probability.h. */
#include "metric/drop_probability.h"

#include "resile/store.h"

#include <math.h>

double rsl_drop_constant(double life, double interval, double p_single) {
    return life / interval * p_single;
}

double rsl_drop_probability(int64_t bits, double constant, double ber, double drop) {
    return (double)bits * (double)bits * constant * ber * drop;
}

double rsl_drop_probability_bounded(int64_t bits, double constant, double ber, double drop) {
    return -expm1(-rsl_drop_probability(bits, constant, ber, drop));
}
