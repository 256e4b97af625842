/* The public face of integer networks; see resile/integer.h and integer_model.h. */
#include "memory/integer_model.h"

#include "base/alloc.h"
#include "base/status.h"
#include "graph/model.h"
#include "memory/packed_graph.h"
#include "memory/stored.h"

#include <string.h>

enum { DEFAULT_IMAGES = 256 };

/* What keeps an integer model's constants alive. */
struct backing {
    struct rsl_integer_network network;
    struct rsl_memory *image;
};

const char *rsl_range_method(int i) {
    return rsl_clipping_name(i);
}

/* Of a model that has stored bits, those. */
static int make_image(struct rsl_memory **image, const struct rsl_model *model,
                      const struct rsl_integer_options *o) {
    struct rsl_mix mix;
    RSL_TRY(rsl_model_image(image, &mix, model, o->storage, "symmetric8:channel"));
    rsl_mix_free(&mix);
    return RSL_OK;
}

/* On the network as the image reads: its activations are those that will be quantized. */
static int measure(struct rsl_ranges *ranges, const struct rsl_model *model,
                   const struct rsl_memory *image, const struct rsl_data *data,
                   const struct rsl_preprocess *preprocess, int64_t images, int threads,
                   enum rsl_clipping clipping) {
    struct rsl_graph decoded;
    RSL_TRY(rsl_memory_decode_graph(&decoded, &model->graph, image));
    int rc = rsl_ranges_measure(ranges, &decoded, data, preprocess, images, threads, clipping);
    rsl_graph_free(&decoded);
    return rc;
}

int rsl_integer_ranges(struct rsl_ranges *ranges, const struct rsl_model *model,
                       const struct rsl_memory *image, const struct rsl_data *data,
                       const struct rsl_preprocess *preprocess, int64_t images, int threads,
                       enum rsl_clipping clipping) {
    const char *text = rsl_model_meta(model, RSL_META_RANGES);
    if (!text) return measure(ranges, model, image, data, preprocess, images, threads, clipping);
    int rc = rsl_ranges_parse(ranges, text);
    return rc < 0 ? rsl_fail_in(rc, "metadata %s", RSL_META_RANGES) : rc;
}

/* By the options; `again` whatever the model knows. */
static int find_ranges(struct rsl_ranges *ranges, const struct rsl_model *model,
                       const struct rsl_memory *image, const struct rsl_data *data,
                       const struct rsl_integer_options *o, bool again) {
    enum rsl_clipping clipping;
    struct rsl_preprocess *preprocess = NULL;
    int64_t images = o->images ? o->images : DEFAULT_IMAGES;
    RSL_TRY(rsl_clipping_parse(o->ranges, &clipping));
    bool known = !again && rsl_model_meta(model, RSL_META_RANGES);
    if (!known && !data && !o->random)
        return rsl_fail(RSL_EARG,
                        "the model has no ranges of activations: give it images to "
                        "measure them on");
    if (!known && !o->random) RSL_TRY(rsl_preprocess_new(&preprocess, model, o->preprocess));
    int rc = (known ? rsl_integer_ranges : measure)(ranges, model, image, data, preprocess, images,
                                                    o->threads, clipping);
    rsl_preprocess_free(preprocess);
    return rc;
}

int rsl_calibrate(struct rsl_model *model, const struct rsl_data *data,
                  const struct rsl_integer_options *options) {
    static const struct rsl_integer_options defaults;
    const struct rsl_integer_options *o = options ? options : &defaults;
    struct rsl_memory *image;
    struct rsl_ranges ranges = {0};
    char *text = NULL;
    RSL_TRY(make_image(&image, model, o));
    int rc = find_ranges(&ranges, model, image, data, o, true);
    if (rc == RSL_OK) rc = rsl_ranges_text(&ranges, &text);
    if (rc == RSL_OK) rc = rsl_model_set_meta(model, RSL_META_RANGES, text);
    rsl_free(text);
    rsl_ranges_free(&ranges);
    rsl_memory_free(image);
    return rc;
}

static void free_backing(void *context) {
    struct backing *b = context;
    rsl_integer_free(&b->network);
    rsl_memory_free(b->image);
    rsl_free(b);
}

static int make(struct rsl_model *m, struct backing *b, const struct rsl_model *model,
                const struct rsl_data *data, const struct rsl_integer_options *o) {
    struct rsl_ranges ranges = {0};
    RSL_TRY(make_image(&b->image, model, o));
    RSL_TRY(find_ranges(&ranges, model, b->image, data, o, false));
    int rc = rsl_integer_init(&b->network, &model->graph, b->image, NULL, &ranges);
    rsl_ranges_free(&ranges);
    if (rc == RSL_OK) rc = rsl_graph_copy(&m->graph, &b->network.graph);
    return rc == RSL_OK ? rsl_model_copy_meta(m, model) : rc;
}

static int stored_graph(struct rsl_graph *to, const struct rsl_model *m) {
    const struct backing *b = m->backing;
    return rsl_packed_integer_graph(to, &b->network, b->image, NULL);
}

int rsl_integer_model(struct rsl_model **integer, const struct rsl_model *model,
                      const struct rsl_data *data, const struct rsl_integer_options *options) {
    static const struct rsl_integer_options defaults;
    struct rsl_model *m = rsl_model_new();
    struct backing *b = rsl_calloc(1, sizeof *b);
    *integer = NULL;
    if (m && b) {
        m->backing = b;
        m->free_backing = free_backing;
        m->stored_graph = stored_graph;
    }
    int rc = m && b ? make(m, b, model, data, options ? options : &defaults) : RSL_ENOMEM;
    if (rc < 0) {
        rsl_model_free(m);
        if (!m) rsl_free(b);
        return rc;
    }
    *integer = m;
    return RSL_OK;
}
