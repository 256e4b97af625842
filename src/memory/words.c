/* The words that clients use for memory images; see resile/memory.h. */
#include "resile/memory.h"

#include "memory/image.h"

int rsl_storage_check(const char *text) {
    struct rsl_storage s;
    return rsl_storage_parse(&s, text);
}

int rsl_regions_check(const char *text) {
    unsigned set;
    return rsl_regions_parse(&set, text);
}

const char *rsl_encoding_name(int i, const char **about) {
    const struct rsl_encoding_kind *k = i < 0 ? NULL : rsl_encoding_kind((size_t)i);
    if (k && about) *about = k->about;
    return k ? k->name : NULL;
}

const char *rsl_protection_name(int i, const char **about) {
    const struct rsl_protection_kind *k = i < 0 ? NULL : rsl_protection_kind((size_t)i);
    if (k && about) *about = k->about;
    return k ? k->name : NULL;
}
