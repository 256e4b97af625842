/* Ranges of activations: between which bounds each value of a network lies on some images, for
 * quantizing activations. What 8-bit integers cannot reach is clipped; how much of the tail is
 * given up for finer steps is the choice of rsl_clipping.
 *
 *     struct rsl_calibration *c;
 *     rsl_calibration_new(&c, graph, batch, threads);
 *     rsl_calibration_see(c, images, n);               as often as there are images
 *     rsl_calibration_end(c, RSL_CLIP_ERROR, &ranges);
 *
 * Values go by their names in the fused graph (graph/fuse.h): what fusion folds away has no range.
 * The result depends on the images and their order only, not on batches or threads. */
#ifndef RSL_METRIC_RANGES_H
#define RSL_METRIC_RANGES_H

#include "graph/graph.h"
#include "resile/data.h"

enum rsl_clipping {
    RSL_CLIP_NONE,       /* smallest and largest */
    RSL_CLIP_PERCENTILE, /* 99.99 % of the magnitudes that are not 0 */
    RSL_CLIP_ERROR       /* least mean squared error of 8 bits, by a histogram */
};

/* "minmax", "percentile", "mse"; NULL for an unknown i. */
const char *rsl_clipping_name(int i);
/* NULL is "mse". */
int rsl_clipping_parse(const char *text, enum rsl_clipping *clipping);

struct rsl_range {
    const char *name; /* of the value */
    float low, high;  /* low <= 0 <= high */
};

struct rsl_ranges {
    struct rsl_arena arena;
    struct rsl_range *at;
    size_t n;
};

void rsl_ranges_free(struct rsl_ranges *ranges);
/* The range of that value, or NULL. */
const struct rsl_range *rsl_ranges_find(const struct rsl_ranges *ranges, const char *name);

/* As text, one value a line: "LOW HIGH NAME"; freed by the caller. */
int rsl_ranges_text(const struct rsl_ranges *ranges, char **text);
int rsl_ranges_parse(struct rsl_ranges *ranges, const char *text);

/* What the values of the graph, which has one input, of images, span over the first images of a
 * data set; NULL `preprocess`: over random images in [-1,1] for benchmarks, where `data` may be
 * NULL. */
int rsl_ranges_measure(struct rsl_ranges *ranges, const struct rsl_graph *g,
                       const struct rsl_data *data, const struct rsl_preprocess *preprocess,
                       int64_t images, int threads, enum rsl_clipping clipping);

#endif
