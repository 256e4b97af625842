/* See trainer.h. */
#include "train/trainer.h"

#include "base/alloc.h"
#include "base/status.h"
#include "base/threads.h"
#include "graph/parameters.h"
#include "metric/ranking.h"
#include "resile/provenance.h"
#include "train/gradient_norm.h"
#include "train/own_statistics.h"
#include "train/step_graph.h"

#include <math.h>
#include <string.h>

/* ---- the model's constants move into memory that may change ---- */

/* The f32 constant `name` of the model as writable memory in its arena, which aligns what is large
 * as the plan wants it. */
static int own_constant(struct rsl_model *m, const char *name, float **data, int64_t *count) {
    enum { ALIGNED_FROM = 256 };
    int v = rsl_graph_find(&m->graph, name);
    struct rsl_tensor *t = v < 0 ? NULL : &m->graph.values.at[v].tensor;
    if (!t || m->graph.values.at[v].kind != RSL_VALUE_CONSTANT || !t->data)
        return rsl_fail(RSL_EUNSUPPORTED, "'%s' is no stored tensor and cannot be trained", name);
    if (t->dtype != RSL_f32)
        return rsl_fail(RSL_EUNSUPPORTED, "'%s' is %s; only f32 is trained", name,
                        rsl_dtype_traits((int)t->dtype)->name);
    *count = rsl_tensor_count(t);
    int64_t room = *count < ALIGNED_FROM ? ALIGNED_FROM : *count;
    *data = rsl_arena_alloc(&m->graph.arena, (size_t)room * sizeof **data);
    if (!*data) return RSL_ENOMEM;
    memcpy(*data, t->data, (size_t)*count * sizeof **data);
    t->data = *data;
    return RSL_OK;
}

/* Whether that is what a node weighs its input with; then *axis is that of the channels, as the
 * memory image has it. */
static bool is_weight(const struct rsl_graph *g, const char *name, int *axis) {
    int v = rsl_graph_find(g, name);
    for (size_t i = 0; i < g->nodes.n; i++) {
        if (rsl_node_weight(g, &g->nodes.at[i]) != v) continue;
        *axis = rsl_node_weight_axis(g, &g->nodes.at[i]);
        return true;
    }
    return false;
}

/* The encoding that was asked for, with the axis where it leaves it to the layer. */
static struct rsl_encoding encoding_at(const struct rsl_trainer *t, int axis) {
    struct rsl_encoding e = *t->options.encoding;
    if (e.axis == RSL_AXIS_OUTPUT) e.axis = axis;
    return e;
}

static int own_master(struct rsl_trainer *t, struct rsl_master *m, int value) {
    const struct rsl_value *v = &t->form.graph.values.at[value];
    int axis = 0;
    m->name = v->name;
    m->shape = v->tensor.shape;
    m->weight = is_weight(&t->model->graph, v->name, &axis);
    RSL_TRY(own_constant(t->model, m->name, &m->used, &m->count));
    m->master = m->used;
    if (t->options.encoding && m->weight) {
        m->master = rsl_malloc((size_t)m->count * sizeof *m->master);
        if (!m->master) return RSL_ENOMEM;
        memcpy(m->master, m->used, (size_t)m->count * sizeof *m->master);
        m->encoding = encoding_at(t, axis);
        if (t->options.ber > 0) RSL_TRY(rsl_codes_init(&m->codes, &m->encoding, &m->shape));
    }
    if (t->parts > 1 || t->options.passes > 1) {
        m->sum = rsl_calloc((size_t)m->count, sizeof *m->sum);
        if (!m->sum) return RSL_ENOMEM;
    }
    return RSL_OK;
}

/* A weight that is not trained has its quantized form once and for all, in the model and in the
 * form. */
static int quantize_frozen(struct rsl_trainer *t) {
    struct rsl_graph *g = &t->model->graph;
    for (size_t v = 0; v < g->values.n; v++) {
        struct rsl_value *frozen = &g->values.at[v];
        int in_form = rsl_graph_find(&t->form.graph, frozen->name), axis;
        if (in_form < 0 || t->form.graph.values.at[in_form].kind != RSL_VALUE_CONSTANT) continue;
        if (frozen->tensor.dtype != RSL_f32 || !is_weight(g, frozen->name, &axis)) continue;
        const float *before = frozen->tensor.data;
        float *after;
        int64_t count;
        RSL_TRY(own_constant(t->model, frozen->name, &after, &count));
        const struct rsl_encoding e = encoding_at(t, axis);
        RSL_TRY(rsl_fake_quantize(&e, before, &frozen->tensor.shape, after));
        t->form.graph.values.at[in_form].tensor.data = after;
    }
    return RSL_OK;
}

static int own_statistics(struct rsl_trainer *t) {
    size_t n = t->form.statistics.n;
    t->statistics = rsl_calloc(n, sizeof *t->statistics);
    if (!t->statistics) return RSL_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct rsl_statistic *s = &t->statistics[i];
        s->name = t->form.statistics.at[i];
        RSL_TRY(own_constant(t->model, s->name, &s->value, &s->count));
    }
    return RSL_OK;
}

static int own_parameters(struct rsl_trainer *t) {
    t->n = t->form.parameters.n;
    t->masters = rsl_calloc(t->n, sizeof *t->masters);
    t->trained = rsl_calloc(t->n, sizeof *t->trained);
    if (!t->masters || !t->trained) return RSL_ENOMEM;
    for (size_t i = 0; i < t->n; i++)
        RSL_TRY(own_master(t, &t->masters[i], t->form.parameters.at[i]));
    RSL_TRY(own_statistics(t));
    return t->options.encoding ? quantize_frozen(t) : RSL_OK;
}

/* ---- the plan of a step ---- */

static int make_plan(struct rsl_trainer *t) {
    struct rsl_binding *bound = rsl_calloc(t->n, sizeof *bound);
    if (!bound) return RSL_ENOMEM;
    for (size_t i = 0; i < t->n; i++) {
        const struct rsl_master *m = &t->masters[i];
        bound[i] = (struct rsl_binding){
            .name = m->name, .tensor = {RSL_f32, m->shape, m->used}, .variable = true};
    }
    int rc = rsl_plan_new(&t->plan, &t->form.graph,
                          &(struct rsl_plan_options){.batch = t->options.batch,
                                                     .threads = t->options.threads,
                                                     .compute = t->options.compute,
                                                     .reference = t->options.reference,
                                                     .fuse = true,
                                                     .training = true,
                                                     .known = bound,
                                                     .n_known = t->n});
    rsl_free(bound);
    return rc;
}

/* The plan's tensor of input `name`, or NULL. */
static struct rsl_tensor *input_named(struct rsl_trainer *t, const char *name) {
    const struct rsl_graph *g = rsl_plan_graph(t->plan);
    for (size_t i = 0; i < g->inputs.n; i++)
        if (strcmp(g->values.at[g->inputs.at[i]].name, name) == 0)
            return rsl_plan_input(t->plan, i);
    return NULL;
}

static int find_places(struct rsl_trainer *t) {
    const struct rsl_tensor *x = rsl_plan_input(t->plan, 0);
    if (x->dtype != RSL_f32) return rsl_fail(RSL_EUNSUPPORTED, "the network's input is not f32");
    t->images = x->data;
    t->pixels = rsl_tensor_count(x) / t->options.batch;
    t->labels = input_named(t, RSL_LABELS_INPUT)->data;
    t->step_input = t->form.drops ? input_named(t, RSL_STEP_INPUT)->data : NULL;
    for (size_t i = 0; i < t->n; i++) {
        struct rsl_master *m = &t->masters[i];
        m->gradient = rsl_plan_output(t->plan, RSL_STEP_GRADIENTS + i)->data;
        t->trained[i] = (struct rsl_trained){
            .name = m->name,
            .value = m->master,
            .gradient = m->sum ? m->sum : m->gradient,
            .count = m->count,
            .decay = !t->options.decay_weights_only || m->weight,
        };
    }
    return rsl_optimizer_new(&t->optimizer, &t->options.optimizer, t->trained, t->n);
}

static int check_options(const struct rsl_trainer_options *o) {
    if (o->batch < 1) return rsl_fail(RSL_EARG, "a batch of %lld images", (long long)o->batch);
    if (!(o->clip >= 0) || !(o->weight_clip >= 0))
        return rsl_fail(RSL_EARG, "clipping needs a number from 0 on");
    if (!(o->ber >= 0 && o->ber <= 1))
        return rsl_fail(RSL_EARG, "a bit error rate of %g: it must be in [0,1]", o->ber);
    if (o->ber > 0 && !o->encoding)
        return rsl_fail(RSL_EARG,
                        "training under bit errors needs an encoding whose bits they flip");
    return RSL_OK;
}

static int make(struct rsl_trainer *t) {
    const struct rsl_trainer_options *o = &t->options;
    RSL_TRY(check_options(o));
    RSL_TRY(rsl_own_statistics(&t->model->graph));
    RSL_TRY(rsl_training_form(
        &t->form, &t->model->graph,
        &(struct rsl_training_form_options){o->batch, o->seed, o->frozen, o->n_frozen}));
    RSL_TRY(rsl_step_graph(&t->form, &t->model->graph, o, &t->classes));
    RSL_TRY(own_parameters(t));
    RSL_TRY(make_plan(t));
    t->stale = true;
    return find_places(t);
}

int rsl_trainer_new(struct rsl_trainer **trainer, struct rsl_model *model,
                    const struct rsl_trainer_options *options) {
    *trainer = NULL;
    struct rsl_trainer *t = rsl_calloc(1, sizeof *t);
    if (!t) return RSL_ENOMEM;
    t->model = model;
    t->options = *options;
    if (t->options.accumulate < 1) t->options.accumulate = 1;
    if (t->options.passes < 1) t->options.passes = 1;
    t->parts = t->options.accumulate * (t->options.ber > 0 ? 2 : 1);
    if (t->options.encoding)
        t->fake = (struct rsl_fake_weights){*options->encoding, options->ber, options->seed};
    if (t->options.threads <= 0) t->options.threads = rsl_cpu_threads();
    const int before = rsl_threads_begin(t->options.threads);
    int rc = make(t);
    rsl_threads_end(before);
    if (rc < 0)
        rsl_trainer_free(t);
    else
        *trainer = t;
    return rc;
}

void rsl_trainer_free(struct rsl_trainer *t) {
    if (!t) return;
    rsl_optimizer_free(t->optimizer);
    rsl_plan_free(t->plan);
    for (size_t i = 0; i < t->n && t->masters; i++) {
        struct rsl_master *m = &t->masters[i];
        if (m->master != m->used) rsl_free(m->master);
        rsl_free(m->sum);
        rsl_codes_free(&m->codes);
    }
    rsl_free(t->masters);
    rsl_free(t->trained);
    rsl_free(t->statistics);
    rsl_training_form_free(&t->form);
    rsl_free(t);
}

/* ---- a step ---- */

static int quantize(struct rsl_trainer *t, double ber, int pass) {
    struct rsl_fake_weights fake = t->fake;
    uint64_t draw = (uint64_t)(t->step * t->options.passes + pass);
    const int before = rsl_threads_begin(t->options.threads);
    int rc = RSL_OK;
    fake.ber = ber;
    for (size_t i = 0; i < t->n && rc == RSL_OK; i++) {
        struct rsl_master *m = &t->masters[i];
        if (m->master == m->used) continue;
        fake.encoding = m->encoding;
        rc = rsl_fake_weights(&fake, m->master, &m->shape, &m->codes, draw, i, m->used);
        if (rc < 0) rc = rsl_fail_in(rc, "parameter '%s'", m->name);
    }
    rsl_threads_end(before);
    return rc;
}

int rsl_trainer_strike(struct rsl_trainer *t, int pass) {
    t->stale = true;
    return quantize(t, t->fake.ber, pass);
}

int rsl_trainer_settle(struct rsl_trainer *t) {
    if (!t->stale) return RSL_OK;
    RSL_TRY(quantize(t, 0, 0));
    t->stale = false;
    return RSL_OK;
}

static void clip_weights(struct rsl_trainer *t) {
    float most = (float)t->options.weight_clip;
    for (size_t i = 0; i < t->n; i++) {
        struct rsl_master *m = &t->masters[i];
        if (!m->weight) continue;
#pragma omp parallel for schedule(static)
        for (int64_t k = 0; k < m->count; k++)
            m->master[k] = m->master[k] > most ? most : m->master[k] < -most ? -most : m->master[k];
    }
}

/* running = running * momentum + batch * (1 - momentum), the variance unbiased, as PyTorch's. */
static void keep_statistics(struct rsl_trainer *t) {
    size_t first = RSL_STEP_GRADIENTS + t->n;
    for (size_t i = 0; i < t->form.running.n; i++) {
        const struct rsl_running *r = &t->form.running.at[i];
        const struct rsl_tensor *mean = rsl_plan_output(t->plan, first + 2 * i);
        const float *m = mean->data, *v = rsl_plan_output(t->plan, first + 2 * i + 1)->data;
        float keep = r->momentum, take = 1 - keep;
        float unbiased = r->count > 1 ? (float)((double)r->count / (double)(r->count - 1)) : 1;
        float *kept_mean = t->statistics[r->mean].value;
        float *kept_variance = t->statistics[r->variance].value;
        for (int64_t c = 0; c < rsl_tensor_count(mean); c++) {
            kept_mean[c] = kept_mean[c] * keep + m[c] * take;
            kept_variance[c] = kept_variance[c] * keep + v[c] * unbiased * take;
        }
    }
}

/* Adds the gradients of one run, of which `times` alike count as one. */
static void accumulate(struct rsl_trainer *t, bool first, int times) {
    float share = 1.0F / (float)times;
    for (size_t i = 0; i < t->n; i++) {
        struct rsl_master *m = &t->masters[i];
        float *sum = m->sum;
        const float *g = m->gradient;
#pragma omp parallel for schedule(static)
        for (int64_t k = 0; k < m->count; k++)
            sum[k] = first ? share * g[k] : sum[k] + share * g[k];
    }
}

static int update(struct rsl_trainer *t, double rate, struct rsl_step_result *r) {
    double scale = 1.0 / t->parts;
    r->norm *= scale;
    if (t->options.clip > 0) scale *= rsl_clip_factor(r->norm, t->options.clip);
    RSL_TRY(rsl_optimizer_step(t->optimizer, rate, scale));
    if (t->options.weight_clip > 0) clip_weights(t);
    t->step++;
    t->stale = true;
    return rsl_trainer_settle(t);
}

static int64_t count_correct(const struct rsl_trainer *t) {
    const float *logits = rsl_plan_output(t->plan, RSL_STEP_LOGITS)->data;
    int64_t correct = 0;
    for (int64_t i = 0; i < t->options.batch; i++)
        correct += rsl_argmax(logits + i * t->classes, (int)t->classes) == t->labels[i];
    return correct;
}

/* Forward and backward with the weights as they are. */
static int run(struct rsl_trainer *t, double *loss) {
    RSL_TRY(rsl_plan_run(t->plan));
    *loss = (double)*(const float *)rsl_plan_output(t->plan, RSL_STEP_LOSS)->data;
    if (isfinite(*loss)) return RSL_OK;
    return rsl_fail(RSL_EARG, "the loss is %s; a lower learning rate or clipping may help",
                    isnan(*loss) ? "not a number" : "infinite");
}

/* Pass `p` of the batch without errors: what loss and hits are of; running statistics take the
 * first pass alone. Only dropout makes one such pass differ from another; without it, one stands
 * for all of them. */
static int run_clean(struct rsl_trainer *t, int p, struct rsl_step_result *r) {
    int times = t->form.drops ? t->options.passes : 1;
    double loss;
    if (p >= times) return RSL_OK;
    RSL_TRY(rsl_trainer_settle(t));
    RSL_TRY(run(t, &loss));
    r->loss += loss / times;
    r->correct += count_correct(t) * (t->options.passes / times);
    if (p == 0) keep_statistics(t);
    if (t->masters->sum) accumulate(t, t->taken == 0 && p == 0, times);
    return RSL_OK;
}

/* Pass `p` of the batch once more, with bit errors in the weights. */
static int run_struck(struct rsl_trainer *t, int p) {
    double loss;
    RSL_TRY(rsl_trainer_strike(t, p));
    RSL_TRY(run(t, &loss));
    accumulate(t, false, t->options.passes);
    return RSL_OK;
}

/* All passes of one batch; *whole when all batches of the step are in. */
static int take(struct rsl_trainer *t, const float *images, const int *labels,
                struct rsl_step_result *r, bool *whole) {
    const struct rsl_trainer_options *o = &t->options;
    *whole = t->taken + 1 == o->accumulate;
    memcpy(t->images, images, (size_t)(o->batch * t->pixels) * sizeof *images);
    for (int64_t i = 0; i < o->batch; i++) t->labels[i] = labels[i];
    for (int p = 0; p < o->passes; p++) {
        if (t->step_input) *t->step_input = (t->step * o->accumulate + t->taken) * o->passes + p;
        RSL_TRY(run_clean(t, p, r));
        if (t->fake.ber > 0) RSL_TRY(run_struck(t, p));
    }
    return *whole ? rsl_gradient_norm(&r->norm, t->trained, t->n) : RSL_OK;
}

int rsl_trainer_step(struct rsl_trainer *t, const float *images, const int *labels, double rate,
                     struct rsl_step_result *r) {
    const int before = rsl_threads_begin(t->options.threads);
    bool whole;
    *r = (struct rsl_step_result){0};
    int rc = take(t, images, labels, r, &whole);
    t->taken = rc < 0 || whole ? 0 : t->taken + 1;
    if (rc == RSL_OK && whole) rc = update(t, rate, r);
    if (rc < 0) (void)rsl_trainer_settle(t); /* the caller hears of the first failure */
    rsl_threads_end(before);
    return rc;
}
