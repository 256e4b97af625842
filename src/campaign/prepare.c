/* What campaigns need beside their options: ranges and networks of integers before there are
 * points, images, scales and threads before the first trial. */
#include "base/alloc.h"
#include "base/status.h"
#include "campaign/campaign_int.h"
#include "campaign/decoded.h"
#include "graph/model.h"

/* ---- integer networks ---- */

/* Integer networks get the scales of their activations from the first images of the data set, or
 * from the model. */
static int find_ranges(struct rsl_campaign *c) {
    enum { IMAGES = 256 };
    if (c->compute != RSL_MODE_INT8 || c->ranges.n > 0) return RSL_OK;
    return rsl_integer_ranges(&c->ranges, c->model, c->image, c->data, c->preprocess, IMAGES,
                              c->threads, RSL_CLIP_ERROR);
}

int rsl_campaign_find_activations(struct rsl_campaign *c) {
    struct rsl_fault_spec *spec;
    if (c->compute != RSL_MODE_INT8 || !c->options.fault) return RSL_OK;
    RSL_TRY(rsl_fault_spec_parse(&spec, c->options.fault));
    bool needed = rsl_activations_may_be_struck(spec);
    rsl_fault_spec_free(spec);
    if (!needed) return RSL_OK;
    RSL_TRY(find_ranges(c));
    RSL_TRY(rsl_integer_init(&c->integer, &c->model->graph, c->image, NULL, &c->ranges));
    c->strikes_integers = true;
    return RSL_OK;
}

struct rsl_activation_source rsl_campaign_activations(const struct rsl_campaign *c) {
    if (!c->strikes_integers) return (struct rsl_activation_source){.graph = &c->model->graph};
    return (struct rsl_activation_source){&c->integer.graph, &c->integer};
}

/* ---- before the first trial ---- */

/* Activations of float networks that are struck as int8 get their scales from the first tile of the
 * data set. */
static int calibrate(struct rsl_campaign *c) {
    struct rsl_decoded network;
    int64_t n = c->n_images < RSL_TILE ? c->n_images : RSL_TILE;
    bool any = false;
    for (int i = 0; i < c->n_points; i++) any |= rsl_point_faults_scaled(c->points[i].faults);
    if (!any) return RSL_OK;
    float *images = rsl_malloc((size_t)n * c->images.pixels * sizeof *images);
    if (!images) return RSL_ENOMEM;
    int rc = rsl_images_fetch(&c->images, 0, (int)n, images);
    if (rc == RSL_OK) rc = rsl_decoded_init(&network, &c->model->graph, c->image);
    if (rc == RSL_OK) {
        for (int i = 0; i < c->n_points && rc == RSL_OK; i++)
            rc = rsl_point_faults_calibrate(c->points[i].faults, &network.graph, images, (int)n);
        rsl_decoded_free(&network);
    }
    rsl_free(images);
    return rc;
}

static int check_classes(const struct rsl_campaign *c) {
    int classes = rsl_crew_classes(c->crew);
    if (classes == rsl_data_classes(c->data)) return RSL_OK;
    return rsl_fail(RSL_EMISMATCH, "the model tells %d classes apart, data set %s has %d", classes,
                    rsl_data_name(c->data), rsl_data_classes(c->data));
}

/* With a margin, trials take blocks of images: where trials differ, small ones cost least. */
enum { LEAST_BLOCK = 16 };

static int make_crew(struct rsl_campaign *c) {
    struct rsl_point_faults **points = rsl_calloc((size_t)c->n_points, sizeof *points);
    if (!points) return RSL_ENOMEM;
    for (int i = 0; i < c->n_points; i++) points[i] = c->points[i].faults;
    struct rsl_crew_options o = {.graph = &c->model->graph,
                                 .image = c->image,
                                 .images = &c->images,
                                 .executor = {.tile = c->options.margin > 0 ? LEAST_BLOCK : 0,
                                              .compute = c->compute,
                                              .ranges = &c->ranges,
                                              .naive = c->options.naive != 0,
                                              .reference = c->options.reference != 0},
                                 .seed = c->options.seed,
                                 .threads = c->threads,
                                 .points = points,
                                 .n_points = c->n_points};
    int rc = rsl_crew_new(&c->crew, &o);
    rsl_free(points);
    return rc;
}

int rsl_campaign_prepare(struct rsl_campaign *c) {
    if (c->crew) return RSL_OK;
    rsl_images_free(&c->images);
    RSL_TRY(rsl_images_init(&c->images, c->data, c->preprocess, c->n_images, c->threads));
    RSL_TRY(calibrate(c));
    RSL_TRY(find_ranges(c));
    if (c->options.margin > 0) RSL_TRY(rsl_images_permute(&c->images, c->options.seed));
    RSL_TRY(make_crew(c));
    int rc = check_classes(c);
    if (rc < 0) {
        rsl_crew_free(c->crew);
        c->crew = NULL;
    }
    return rc;
}
