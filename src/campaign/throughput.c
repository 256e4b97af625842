/* Speed of faulty inference: passes of trials on random images until the time is up. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/status.h"
#include "campaign/crew.h"
#include "graph/compute.h"
#include "graph/model.h"
#include "memory/integer_model.h"
#include "memory/stored.h"
#include "resile/campaign.h"
#include "resile/provenance.h"

#include <math.h>
#include <string.h>

enum { DEFAULT_IMAGES = 64, DEFAULT_TRIALS = 64, CALIBRATION_IMAGES = 32, MOST = 1 << 20 };

struct bench {
    const struct rsl_bench_inject_options *options;
    int64_t images, trials;
    int threads;
    enum rsl_compute_mode compute;
    struct rsl_memory *image;
    struct rsl_ranges ranges;           /* int8, */
    struct rsl_integer_network integer; /* too */
    struct rsl_fault_spec *spec;
    struct rsl_point_faults *point;
    struct rsl_images source;
    struct rsl_crew *crew;
    struct rsl_job *jobs;
};

/* What integer networks need; the bench's own where activations may be struck. */
static int make_integer(struct bench *b, const struct rsl_model *model,
                        struct rsl_activation_source *from) {
    if (b->compute != RSL_MODE_INT8) return RSL_OK;
    RSL_TRY(rsl_integer_ranges(&b->ranges, model, b->image, NULL, NULL, CALIBRATION_IMAGES,
                               b->threads, RSL_CLIP_ERROR));
    if (!rsl_activations_may_be_struck(b->spec)) return RSL_OK;
    *from = (struct rsl_activation_source){&b->integer.graph, &b->integer};
    return rsl_integer_init(&b->integer, &model->graph, b->image, NULL, &b->ranges);
}

static int make_point(struct bench *b, const struct rsl_model *model) {
    const struct rsl_bench_inject_options *o = b->options;
    struct rsl_mix mix;
    const char *otherwise = b->compute == RSL_MODE_INT8 ? "symmetric8:channel" : NULL;
    RSL_TRY(rsl_model_image(&b->image, &mix, model, o->storage, otherwise));
    rsl_mix_free(&mix);
    RSL_TRY(rsl_fault_spec_parse(&b->spec, o->fault ? o->fault : "single"));
    if (rsl_fault_spec_open(b->spec))
        RSL_TRY(rsl_fault_spec_set_rate(b->spec, o->rate > 0 ? o->rate : 1e-5));
    struct rsl_activation_source from = {.graph = &model->graph};
    RSL_TRY(make_integer(b, model, &from));
    RSL_TRY(rsl_point_faults_new(&b->point, b->spec, b->image, &from));
    int64_t limit = rsl_point_faults_limit(b->point);
    if (b->trials > limit) b->trials = limit;
    return RSL_OK;
}

/* Images of the shape that the model takes. */
static int make_images(struct bench *b, const struct rsl_graph *g) {
    const struct rsl_value *x = &g->values.at[g->inputs.n ? g->inputs.at[0] : 0];
    const struct rsl_shape *s = &x->tensor.shape;
    if (g->inputs.n != 1 || s->rank != 4 || x->tensor.dtype != RSL_f32 || s->dim[1] < 1 ||
        s->dim[2] < 1 || s->dim[3] < 1)
        return rsl_fail(RSL_EUNSUPPORTED, "the benchmark needs one input of f32 images");
    int shape[3];
    for (int i = 0; i < 3; i++) shape[i] = (int)s->dim[i + 1];
    RSL_TRY(rsl_images_init_random(&b->source, shape, 10, b->images, b->options->seed));
    if (!rsl_point_faults_scaled(b->point)) return RSL_OK;
    int n = b->images < RSL_TILE ? (int)b->images : RSL_TILE;
    return rsl_point_faults_calibrate(b->point, g, b->source.kept, n);
}

static int make(struct bench *b, const struct rsl_model *model) {
    const struct rsl_bench_inject_options *o = b->options;
    RSL_TRY(rsl_compute_parse(o->compute, &b->compute));
    RSL_TRY(make_point(b, model));
    RSL_TRY(make_images(b, &model->graph));
    struct rsl_crew_options crew = {.graph = &model->graph,
                                    .image = b->image,
                                    .images = &b->source,
                                    .executor = {.compute = b->compute,
                                                 .ranges = &b->ranges,
                                                 .naive = o->naive != 0,
                                                 .reference = o->reference != 0},
                                    .seed = o->seed,
                                    .threads = b->threads,
                                    .points = &b->point,
                                    .n_points = 1};
    RSL_TRY(rsl_crew_new(&b->crew, &crew));
    b->jobs = rsl_calloc((size_t)b->trials, sizeof *b->jobs);
    return b->jobs ? RSL_OK : RSL_ENOMEM;
}

/* One pass: other trials than those before, fault-free runs included. */
static int pass(struct bench *b, int64_t number) {
    int64_t limit = rsl_point_faults_limit(b->point);
    for (int64_t i = 0; i < b->trials; i++)
        b->jobs[i] = (struct rsl_job){.point = b->point,
                                      .k = (uint64_t)((number * b->trials + i) % limit),
                                      .record = {.images = b->images}};
    rsl_crew_forget(b->crew);
    return rsl_crew_run(b->crew, b->jobs, (size_t)b->trials, NULL);
}

static int measure(struct bench *b, struct rsl_bench_inject_result *r) {
    double seconds = b->options->seconds > 0 ? b->options->seconds : 3, golden_before;
    int64_t images_before, images;
    RSL_TRY(pass(b, 0)); /* grows lists, warms caches */
    golden_before = rsl_crew_golden_seconds(b->crew, &images_before);
    double start = rsl_clock();
    while (r->seconds < seconds || r->passes == 0) {
        RSL_TRY(pass(b, ++r->passes));
        r->seconds = rsl_clock() - start;
    }
    double golden = rsl_crew_golden_seconds(b->crew, &images) - golden_before;
    double trials = (double)(r->passes * b->trials);
    r->golden_images_per_second = (double)(images - images_before) / golden;
    r->fault_inferences_per_second = trials * (double)b->images / r->seconds;
    r->trials_per_minute = 60 * trials / r->seconds;
    r->trials = b->trials;
    r->images = b->images;
    r->executor = rsl_crew_executor(b->crew);
    return RSL_OK;
}

int rsl_bench_inject(const struct rsl_model *model, const struct rsl_bench_inject_options *options,
                     struct rsl_bench_inject_result *result) {
    struct bench b = {.options = options,
                      .images = options->images > 0 ? options->images : DEFAULT_IMAGES,
                      .trials = options->trials > 0 ? options->trials : DEFAULT_TRIALS,
                      .threads = options->threads > 0 ? options->threads : rsl_cpu_threads()};
    *result = (struct rsl_bench_inject_result){0};
    if (b.images > MOST || b.trials > MOST)
        return rsl_fail(RSL_EARG, "%lld images and %lld trials: at most %d of each",
                        (long long)b.images, (long long)b.trials, MOST);
    double start = rsl_clock();
    int rc = make(&b, model);
    result->setup_seconds = rsl_clock() - start;
    if (rc == RSL_OK) rc = measure(&b, result);
    rsl_free(b.jobs);
    rsl_crew_free(b.crew);
    rsl_images_free(&b.source);
    rsl_point_faults_free(b.point);
    rsl_fault_spec_free(b.spec);
    rsl_integer_free(&b.integer);
    rsl_ranges_free(&b.ranges);
    rsl_memory_free(b.image);
    return rc;
}
