/* See open_images.h. */
#include "open_images.h"

/* A store belongs to a set of one size: unless more images are needed, it is the usual one. */
int open_images(struct rsl_data **data, const char *spec, const struct rsl_data_options *options,
                int64_t images) {
    struct rsl_data_options more = *options;
    int status = rsl_data_open(data, spec, options);
    if (status < 0 || rsl_data_count(*data) >= images) return status;
    rsl_data_close(*data);
    more.count = images;
    return rsl_data_open(data, spec, &more);
}
