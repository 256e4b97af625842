/* Data sets for commands that say how many images they need. */
#ifndef CLI_OPEN_IMAGES_H
#define CLI_OPEN_IMAGES_H

#include <resile/data.h>

/* As rsl_data_open; of a drawn set, whose size is free, at least `images` are drawn. */
int open_images(struct rsl_data **data, const char *spec, const struct rsl_data_options *options,
                int64_t images);

#endif
