/* Text -> index: an open-addressing hash map whose keys the caller keeps alive. */
#ifndef RSL_BASE_MAP_H
#define RSL_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct rsl_map {
    struct rsl_map_slot {
        const char *key; /* NULL: free */
        int64_t value;
    } * slots;
    size_t n, cap; /* cap is 0 or a power of two, at least 4/3 n */
};

void rsl_map_free(struct rsl_map *m);
/* Sets key -> value, replacing an older value. RSL_OK or RSL_ENOMEM (map unchanged). */
int rsl_map_set(struct rsl_map *m, const char *key, int64_t value);
/* The value, or -1 when the key is absent (values are expected to be >= 0). */
int64_t rsl_map_get(const struct rsl_map *m, const char *key);

#endif
