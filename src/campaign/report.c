/* What a campaign would do, and what came out: the accessors of resile/campaign.h. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/status.h"
#include "campaign/campaign_int.h"
#include "fault/spec.h"
#include "metric/distribution.h"
#include "resile/fault.h"

#include <math.h>

/* ---- before ---- */

int rsl_campaign_points(const struct rsl_campaign *c) {
    return c->n_points;
}

/* Rows of one model's population: none for models that do not sample. */
static int rows_of(const struct rsl_point *p, int model) {
    const struct rsl_fault_source *source = rsl_point_faults_source(p->faults);
    return rsl_fault_sampling(source, model) ? rsl_fault_population(source, model)->n : 0;
}

static const struct rsl_point *find(const struct rsl_campaign *c, int point) {
    return point >= 0 && point < c->n_points ? &c->points[point] : NULL;
}

/* Careful (p = 0.5), and of a list of its injections. */
static int64_t leveugle(const struct rsl_campaign *c, const struct rsl_campaign_point *p) {
    double margin = c->options.margin > 0 ? c->options.margin : 0.01;
    double t = rsl_normal_quantile(0.5 + c->options.confidence / 2);
    if (p->expected != 1) return 0;
    return rsl_fault_sample_size(p->limit < INT64_MAX ? p->limit : p->population, margin, t, 0.5);
}

void rsl_campaign_point(const struct rsl_campaign *c, int point, struct rsl_campaign_point *out) {
    const struct rsl_point *p = find(c, point);
    *out = (struct rsl_campaign_point){0};
    if (!p) return;
    *out =
        (struct rsl_campaign_point){.fault = p->fault,
                                    .rate = isnan(p->rate) ? rsl_fault_spec_rate(p->spec) : p->rate,
                                    .sampling = rsl_point_faults_sampling(p->faults),
                                    .population = rsl_point_faults_population(p->faults),
                                    .expected = rsl_point_faults_expected(p->faults),
                                    .limit = rsl_point_faults_limit(p->faults),
                                    .trials = p->trials};
    out->leveugle = leveugle(c, out);
    for (int m = 0; m < rsl_fault_spec_models(p->spec); m++) out->layers += rows_of(p, m);
    for (int m = 0; m < rsl_point_faults_neurons(p->faults); m++)
        out->layers += (int)rsl_point_faults_activations(p->faults, m)->places.n;
}

static const char *model_name(const struct rsl_point *p, int model) {
    return rsl_fault_spec_setting(p->spec, model)->model->name;
}

static void memory_layer(const struct rsl_campaign *c, const struct rsl_point *p, int model, int i,
                         struct rsl_campaign_layer *out) {
    const struct rsl_fault_source *source = rsl_point_faults_source(p->faults);
    const struct rsl_population_part *part = &rsl_fault_population(source, model)->parts[i];
    double rate = rsl_fault_part_rate(source, model, i);
    *out = (struct rsl_campaign_layer){.model = model_name(p, model),
                                       .layer = c->layers[part->tensor],
                                       .bits = part->bits,
                                       .expected = rate * (double)part->bits,
                                       .rate = rate};
}

static void site_layer(const struct rsl_point *p, int model, int i,
                       struct rsl_campaign_layer *out) {
    struct rsl_site_share share = rsl_point_faults_site(p->faults, model, i);
    *out = (struct rsl_campaign_layer){
        .model = model_name(p, rsl_point_faults_neuron(p->faults, model)),
        .layer = p->sites[model][i],
        .bits = share.bits,
        .expected = share.expected,
        .rate = share.bits ? share.expected / (double)share.bits : 0};
}

void rsl_campaign_layer(const struct rsl_campaign *c, int point, int i,
                        struct rsl_campaign_layer *out) {
    const struct rsl_point *p = find(c, point);
    *out = (struct rsl_campaign_layer){0};
    if (!p || i < 0) return;
    for (int m = 0; m < rsl_fault_spec_models(p->spec); m++) {
        int n = rows_of(p, m);
        if (i < n) {
            memory_layer(c, p, m, i, out);
            return;
        }
        i -= n;
    }
    for (int m = 0; m < rsl_point_faults_neurons(p->faults); m++) {
        int n = (int)rsl_point_faults_activations(p->faults, m)->places.n;
        if (i < n) {
            site_layer(p, m, i, out);
            return;
        }
        i -= n;
    }
}

void rsl_campaign_facts(const struct rsl_campaign *c, struct rsl_campaign_facts *out) {
    const struct rsl_memory_region *w = &c->image->region[RSL_REGION_WEIGHTS];
    *out = (struct rsl_campaign_facts){.images = c->n_images,
                                       .classes = rsl_data_classes(c->data),
                                       .storage = c->storage_text,
                                       .weights = w->elements,
                                       .bits = c->image->bits,
                                       .weight_bits = w->bits,
                                       .scale_bits = c->image->region[RSL_REGION_SCALES].bits +
                                                     c->image->region[RSL_REGION_ZERO_POINTS].bits,
                                       .bits_per_weight = (double)w->bits / (double)w->elements,
                                       .threads = c->threads};
}

/* ---- how long it would take ---- */

enum { MEASURED_AT_ONCE = 4, MOST_MEASURED = 64, ENOUGH_SECONDS = 1 };

/* Trial number i of a few that are spread over all: lists are sorted by layers, of which the first
 * ones cost most. Multiples of the golden ratio leave no gap. */
static uint64_t spread(int64_t i, int64_t trials) {
    if (trials <= MOST_MEASURED) return (uint64_t)(i % trials);
    double turns = (double)i * 0.6180339887498949;
    return (uint64_t)((turns - floor(turns)) * fmin((double)trials, 0x1p52));
}

/* Seconds per faulty inference of a point, by a few trials on a tile for each thread. Fault-free
 * runs are left out: of a whole campaign they are a twentieth (rsl_campaign_group_size). */
static int measure(struct rsl_campaign *c, struct rsl_point *p, double *seconds) {
    struct rsl_job jobs[MEASURED_AT_ONCE];
    int64_t images = (int64_t)rsl_crew_tile(c->crew) * c->threads, n = 0, unused;
    int64_t limit = rsl_point_faults_limit(p->faults);
    int64_t most = limit < MOST_MEASURED ? limit : MOST_MEASURED;
    if (images > c->n_images) images = c->n_images;
    double golden = -rsl_crew_golden_seconds(c->crew, &unused), all = 0;
    const double start = rsl_clock();
    while (n < most && (n == 0 || all < ENOUGH_SECONDS)) {
        int64_t more = most - n < MEASURED_AT_ONCE ? most - n : MEASURED_AT_ONCE;
        for (int64_t i = 0; i < more; i++, n++)
            jobs[i] = (struct rsl_job){
                .point = p->faults, .k = spread(n, limit), .record = {.images = images}};
        RSL_TRY(rsl_crew_run(c->crew, jobs, (size_t)more, NULL));
        all = rsl_clock() - start;
    }
    golden += rsl_crew_golden_seconds(c->crew, &unused);
    *seconds = fmax(all - golden / c->threads, all / 100) / (double)n / (double)images;
    return RSL_OK;
}

int rsl_campaign_estimate(struct rsl_campaign *c, double *seconds, const char **executor) {
    double sum = 0, one;
    RSL_TRY(rsl_campaign_prepare(c));
    *executor = rsl_crew_executor(c->crew);
    for (int i = 0; i < c->n_points; i++) {
        const struct rsl_point *p = &c->points[i];
        RSL_TRY(measure(c, &c->points[i], &one));
        sum += one * (double)c->n_images * ((double)p->trials / c->options.shards);
    }
    *seconds = c->options.margin > 0 ? -1 : sum;
    return RSL_OK;
}

/* ---- after ---- */

static double ask(const struct rsl_campaign *c, const struct rsl_point *p, double golden,
                  enum rsl_estimated what, double *low, double *high) {
    struct rsl_estimate e = p->estimate; /* its lists stay the point's */
    e.golden = golden;
    struct rsl_interval i = rsl_estimate_interval(&e, what, c->options.confidence);
    *low = i.low;
    *high = i.high;
    return rsl_estimate_mean(&e, what);
}

int rsl_campaign_result(const struct rsl_campaign *c, int point, struct rsl_campaign_result *out) {
    const struct rsl_point *p = find(c, point);
    if (!p) return rsl_fail(RSL_EARG, "the campaign has no point %d", point);
    double golden = (double)c->golden_correct / (double)c->n_images;
    double trials = (double)p->trials_added, low, high;
    if (p->trials_added == 0) return rsl_fail(RSL_EARG, "no trial of '%s' has run", p->fault);
    *out = (struct rsl_campaign_result){.trials = p->trials_added,
                                        .images = p->images,
                                        .inferences = p->estimate.tally[RSL_ESTIMATED_SDC].images,
                                        .golden = golden,
                                        .faults = (double)p->faults_drawn / trials,
                                        .changed = (double)p->bits_changed / trials,
                                        .reason = p->reason};
    out->drop = ask(c, p, golden, RSL_ESTIMATED_DROP, &out->drop_low, &out->drop_high);
    out->sdc = ask(c, p, golden, RSL_ESTIMATED_SDC, &out->sdc_low, &out->sdc_high);
    out->due = ask(c, p, golden, RSL_ESTIMATED_DUE, &out->due_low, &out->due_high);
    out->masked = ask(c, p, golden, RSL_ESTIMATED_MASKED, &low, &high);
    struct rsl_interval drop = {out->drop_low, out->drop_high};
    struct rsl_interval accuracy = rsl_accuracy_interval(golden, drop);
    out->accuracy = golden - out->drop;
    out->accuracy_low = accuracy.low;
    out->accuracy_high = accuracy.high;
    return RSL_OK;
}

void rsl_campaign_speed(const struct rsl_campaign *c, int64_t *inferences, double *seconds) {
    *inferences = c->inferences;
    *seconds = c->seconds;
}
