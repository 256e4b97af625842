/* See number.h. */
#include "ops/number.h"

#include <float.h>
#include <math.h>
#include <string.h>

double rsl_within_f32(double x) {
    return fabs(x) > (double)FLT_MAX ? copysign(INFINITY, x) : x;
}

bool rsl_dtype_is_signed(int dtype) {
    return rsl_dtype_traits(dtype)->class == 'I';
}

bool rsl_dtype_is_integer(int dtype) {
    return rsl_dtype_traits(dtype)->class == 'U' || rsl_dtype_is_signed(dtype);
}

uint64_t rsl_load_integer(int dtype, const void *p) {
    int64_t v;
    rsl_dtype_traits(dtype)->to_i64(p, &v, 1);
    return (uint64_t)v;
}

void rsl_store_integer(int dtype, void *p, uint64_t value) {
    int64_t v = (int64_t)value;
    rsl_dtype_traits(dtype)->from_i64(&v, p, 1);
}

uint64_t rsl_order_key(int dtype, const void *p) {
    const uint64_t sign = UINT64_C(1) << 63;
    if (rsl_dtype_is_integer(dtype))
        return rsl_load_integer(dtype, p) ^ (rsl_dtype_is_signed(dtype) ? sign : 0);
    double d;
    rsl_dtype_traits(dtype)->to_double(p, &d, 1);
    if (d != d) return RSL_KEY_NAN;
    if (d == 0) return sign;
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
}
