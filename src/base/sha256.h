/* SHA-256 (FIPS 180-4), to name models and data by their content as `sha256sum` does. */
#ifndef RSL_BASE_SHA256_H
#define RSL_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct rsl_sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[64];
};

void rsl_sha256_init(struct rsl_sha256 *s);
void rsl_sha256_add(struct rsl_sha256 *s, const void *data, size_t n);
/* Writes 64 hexadecimal digits and a zero. The state is used up. */
void rsl_sha256_hex(struct rsl_sha256 *s, char hex[65]);

#endif
