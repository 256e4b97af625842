/* See preprocess.h. */
#include "preprocess.h"

#include <stdio.h>

const char *name_of_filter(int i) {
    static const char *const names[] = {"model", "bilinear", "bicubic", NULL};
    return names[i];
}

/* "0.485 0.456 0.406", or NULL for an empty list; 17 digits give back the same doubles. */
static const char *joined(char *text, size_t size, const struct numbers *list) {
    size_t n = 0;
    for (int i = 0; i < list->n; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%.17g", i ? " " : "", list->at[i]);
    return list->n > 0 ? text : NULL;
}

const struct rsl_preprocess_options *preprocess_texts(struct preprocess_texts *texts,
                                                      const struct preprocess *given) {
    struct rsl_preprocess_options *o = &texts->options;
    *o = (struct rsl_preprocess_options){
        .mean = joined(texts->mean, sizeof texts->mean, &given->mean),
        .std = joined(texts->std, sizeof texts->std, &given->std),
        .resize = given->resize,
        .crop = given->crop,
        .filter = given->filter > 0 ? name_of_filter(given->filter) : NULL,
    };
    return o->mean || o->std || o->resize || o->crop || o->filter ? o : NULL;
}
