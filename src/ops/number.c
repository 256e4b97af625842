/* See number.h. */
#include "ops/number.h"

#include <string.h>

bool rsl_dtype_is_signed(int dtype) {
    return rsl_dtype_traits(dtype)->class == 'I';
}

bool rsl_dtype_is_integer(int dtype) {
    return rsl_dtype_traits(dtype)->class == 'U' || rsl_dtype_is_signed(dtype);
}

uint64_t rsl_load_integer(int dtype, const void *p) {
    size_t bytes = rsl_dtype_bytes(dtype);
    uint64_t v = 0;
    memcpy(&v, p, bytes); /* little endian */
    if (bytes == 8 || !rsl_dtype_is_signed(dtype)) return v;
    uint64_t sign = UINT64_C(1) << (8 * bytes - 1);
    return (v ^ sign) - sign;
}

void rsl_store_integer(int dtype, void *p, uint64_t value) {
    memcpy(p, &value, rsl_dtype_bytes(dtype));
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
