/* Where data sets are when nobody says where: one folder, which has a folder for each of them. */
#include "data/data.h"

#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>

int rsl_data_root(char *root, size_t size) {
    static const struct {
        const char *variable, *below;
    } places[] = {
        {"RESILE_DATA", ""}, {"XDG_CACHE_HOME", "/resile/data"}, {"HOME", "/.cache/resile/data"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *value = getenv(places[i].variable);
        if (!value || !*value) continue;
        int n = snprintf(root, size, "%s%s", value, places[i].below);
        return n >= 0 && (size_t)n < size
                   ? RSL_OK
                   : rsl_fail(RSL_EARG, "%s is longer than %zu bytes", places[i].variable, size);
    }
    return rsl_fail(RSL_EARG, "no folder of data sets: set RESILE_DATA, or write NAME:DIR");
}

int rsl_data_place(struct rsl_text *place, const char *name) {
    char root[4096];
    RSL_TRY(rsl_data_root(root, sizeof root));
    rsl_text_printf(place, "%s/%s", root, name);
    return place->status;
}
