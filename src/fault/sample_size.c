/* See rsl_fault_sample_size in fault.h. */
#include "fault/fault.h"

#include <assert.h>
#include <math.h>

int64_t rsl_fault_sample_size(int64_t N, double e, double t, double p) {
    assert(N >= 1 && e > 0 && t > 0 && p > 0 && p < 1);
    double n = (double)N / (1 + e * e * ((double)N - 1) / (t * t * p * (1 - p)));
    int64_t whole = n >= (double)N ? N : (int64_t)floor(n + 0.5);
    return whole < 1 ? 1 : whole;
}
