/* One step of training, whatever the data: fast kernels against the reference, running statistics,
 * accumulation, passes, freezing, clipping, decay, quantized weights and their bit errors, dropout,
 * losses; what fails leaves the parameters as they were. */
#include "check.h"
#include "torture.h"

#include "base/philox.h"
#include "graph/gradient.h"
#include "graph/op.h"
#include "memory/image.h"
#include "resile/zoo.h"
#include "train/loss.h"
#include "train/trainer.h"
#include "zoo/builder.h"

#include <dirent.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>

enum { BATCH = 8, CLASSES = 5, SIDE = 8 };

/* ---- networks ---- */

static struct rsl_net begin(struct rsl_model **model) {
    struct rsl_net n = {.arch = "test", .weights = true, .seed = 3, .classes = CLASSES};
    const struct rsl_shape shape = {4, {-1, 3, SIDE, SIDE}};
    assert_non_null(*model = rsl_model_new());
    n.graph = &(*model)->graph;
    n.input = (struct rsl_feature){0, false, 3, SIDE, SIDE};
    n.input.value = rsl_graph_add_input(n.graph, "input", RSL_f32, &shape);
    return n;
}

static void end(struct rsl_net *n, struct rsl_feature x) {
    rsl_net_output(n, rsl_net_linear(n, "fc", rsl_net_flatten(n, x), CLASSES));
    check_ok(n->status);
    check_ok(rsl_graph_check(n->graph));
}

/* Two convolutions with a shortcut, two pools. */
static struct rsl_model *residual(bool norm) {
    struct rsl_model *m;
    struct rsl_net n = begin(&m);
    struct rsl_conv conv = rsl_conv(20, 3, 1, 1);
    conv.bias = !norm;
    struct rsl_feature x = rsl_net_conv(&n, "conv1", n.input, conv);
    x = rsl_net_relu(&n, norm ? rsl_net_batch_norm(&n, "bn1", x) : x);
    struct rsl_feature y = rsl_net_conv(&n, "conv2", x, conv);
    y = rsl_net_add(&n, norm ? rsl_net_batch_norm(&n, "bn2", y) : y, x);
    y = rsl_net_max_pool(&n, rsl_net_relu(&n, y), 3, 2, 1);
    end(&n, rsl_net_avg_pool(&n, y, 2, 2, 0));
    return m;
}

/* Normalization of the image itself, so that the batch's statistics are those of the input. */
static struct rsl_model *normalized_input(void) {
    struct rsl_model *m;
    struct rsl_net n = begin(&m);
    end(&n, rsl_net_relu(&n, rsl_net_batch_norm(&n, "bn", n.input)));
    return m;
}

static struct rsl_model *linear(float dropout) {
    struct rsl_model *m;
    struct rsl_net n = begin(&m);
    end(&n, dropout > 0 ? rsl_net_dropout(&n, n.input, dropout) : n.input);
    return m;
}

static struct rsl_model *from_zoo(const char *arch, int64_t channels, int64_t side) {
    struct rsl_model *m;
    struct rsl_zoo_options o = {CLASSES, channels, side, side, 7};
    check_ok(rsl_zoo_build(&m, arch, &o));
    return m;
}

/* ---- batches ---- */

struct batch {
    float *images;
    int labels[2 * BATCH];
};

static struct batch batch_of(int64_t images, int64_t pixels, uint64_t number) {
    struct batch b;
    struct rsl_rng r = rsl_rng(11, number);
    assert_true(images <= 2 * BATCH);
    assert_non_null(b.images = malloc((size_t)(images * pixels) * sizeof *b.images));
    for (int64_t i = 0; i < images * pixels; i++) b.images[i] = (float)(rsl_rng_unit(&r) * 2 - 1);
    for (int64_t i = 0; i < images; i++) b.labels[i] = (int)rsl_rng_below(&r, CLASSES);
    return b;
}

static struct rsl_trainer_options plain(void) {
    return (struct rsl_trainer_options){.batch = BATCH, .threads = 2, .seed = 5};
}

static struct rsl_trainer *trainer_of(struct rsl_model *m, const struct rsl_trainer_options *o) {
    struct rsl_trainer *t;
    check_ok(rsl_trainer_new(&t, m, o));
    return t;
}

static struct rsl_step_result step(struct rsl_trainer *t, double rate, uint64_t number) {
    struct rsl_step_result r;
    struct batch b = batch_of(t->options.batch, t->pixels, number);
    check_ok(rsl_trainer_step(t, b.images, b.labels, rate, &r));
    free(b.images);
    return r;
}

static struct rsl_tensor *tensor(struct rsl_model *m, const char *name) {
    int v = rsl_graph_find(&m->graph, name);
    if (v < 0) fail_msg("no tensor '%s'", name);
    return &m->graph.values.at[v].tensor;
}

static float *values(struct rsl_model *m, const char *name) {
    return tensor(m, name)->data;
}

static struct rsl_master *master(struct rsl_trainer *t, const char *name) {
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->masters[i].name, name) == 0) return &t->masters[i];
    fail_msg("no parameter '%s'", name);
    return NULL;
}

/* Largest difference of two models' constants, relative to the largest value of each tensor. */
static double distance(const struct rsl_model *a, const struct rsl_model *b) {
    double worst = 0;
    for (size_t v = 0; v < a->graph.values.n; v++) {
        const struct rsl_value *x = &a->graph.values.at[v];
        if (x->kind != RSL_VALUE_CONSTANT || x->tensor.dtype != RSL_f32) continue;
        const struct rsl_tensor *y = &b->graph.values.at[rsl_graph_find(&b->graph, x->name)].tensor;
        double size = 1e-2, most = 0;
        for (int64_t i = 0; i < rsl_tensor_count(y); i++) {
            double p = rsl_tensor_double(&x->tensor, i), q = rsl_tensor_double(y, i);
            size = fmax(size, fabs(p));
            if (!(fabs(p - q) <= most)) most = fabs(p - q);
        }
        if (!(most / size <= worst)) worst = most / size;
    }
    return worst;
}

/* ---- fast against reference ---- */

static struct rsl_model *network(int i) {
    if (i == 0) return residual(true);
    if (i == 1) return residual(false);
    return i == 2 ? from_zoo("lenet5", 1, 28) : from_zoo("cnn-small", 3, 16);
}

static struct rsl_model *three_steps(int i, const struct rsl_trainer_options *o) {
    struct rsl_model *m = network(i);
    struct rsl_trainer *t = trainer_of(m, o);
    for (uint64_t s = 0; s < 3; s++) step(t, 0.05, s);
    rsl_trainer_free(t);
    return m;
}

static int threads_now(void) {
    int n = 0;
    DIR *d = opendir("/proc/self/task");
    assert_non_null(d);
    while (readdir(d)) n++;
    closedir(d);
    return n;
}

/* The first test of all: OpenMP keeps the threads that it has once started. */
static void one_thread_is_one(void **state) {
    (void)state;
    struct rsl_model *m = residual(true);
    struct rsl_encoding encoding;
    check_ok(rsl_encoding_parse(&encoding, "symmetric8"));
    struct rsl_trainer_options o = plain();
    o.threads = 1;
    o.weight_clip = 0.5;
    o.encoding = &encoding;
    o.ber = 0.01;
    omp_set_num_threads(2);
    const int before = threads_now();
    struct rsl_trainer *t = trainer_of(m, &o);
    step(t, 0.1, 0);
    assert_int_equal(threads_now(), before);
    assert_int_equal(omp_get_max_threads(), 2);
    rsl_trainer_free(t);
    rsl_model_free(m);
}

static void fast_equals_reference(void **state) {
    static const struct {
        enum rsl_compute_mode compute;
        double tolerance;
    } ways[] = {{RSL_MODE_F32, 1e-4}, {RSL_MODE_F32_WINOGRAD, 1e-3}, {RSL_MODE_BF16, 0.1}};
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct rsl_trainer_options o = plain();
        o.optimizer =
            (struct rsl_optimizer_options){.momentum = 0.9, .nesterov = true, .weight_decay = 1e-3};
        o.label_smoothing = 0.1F;
        o.batch = i < 2 ? BATCH : 3; /* the reference is slow */
        o.reference = true;
        struct rsl_model *want = three_steps(i, &o), *untrained = network(i);
        o.reference = false;
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            o.compute = ways[w].compute;
            struct rsl_model *got = three_steps(i, &o);
            double d = distance(want, got);
            if (!(d <= ways[w].tolerance))
                fail_msg("network %d, way %zu: weights differ by %g", i, w, d);
            rsl_model_free(got);
        }
        assert_true(distance(untrained, want) > 0.01);
        rsl_model_free(untrained);
        rsl_model_free(want);
    }
}

/* ---- running statistics ---- */

/* torch.nn.BatchNorm2d: running = 0.9 running + 0.1 batch, of the variance the unbiased one. */
static void running_statistics(void **state) {
    (void)state;
    struct rsl_model *m = normalized_input();
    struct rsl_trainer_options o = plain();
    struct rsl_trainer *t = trainer_of(m, &o);
    double mean[3] = {0}, variance[3] = {1, 1, 1};
    for (uint64_t s = 0; s < 2; s++) {
        struct batch b = batch_of(BATCH, t->pixels, s);
        step(t, 0.1, s);
        for (int c = 0; c < 3; c++) {
            double sum = 0, squares = 0, n = BATCH * SIDE * SIDE;
            for (int i = 0; i < BATCH * SIDE * SIDE; i++) {
                int64_t at = (int64_t)(i / (SIDE * SIDE) * 3 + c) * SIDE * SIDE + i % (SIDE * SIDE);
                sum += (double)b.images[at];
                squares += (double)b.images[at] * (double)b.images[at];
            }
            mean[c] = 0.9 * mean[c] + 0.1 * sum / n;
            variance[c] = 0.9 * variance[c] + 0.1 * (squares - sum * sum / n) / (n - 1);
            assert_float_equal(values(m, "bn.running_mean")[c], mean[c], 1e-6);
            assert_float_equal(values(m, "bn.running_var")[c], variance[c], 1e-5);
        }
        free(b.images);
    }
    rsl_trainer_free(t);
    rsl_model_free(m);
}

/* ---- accumulation ---- */

static void accumulated_batches_are_one(void **state) {
    (void)state;
    struct rsl_model *whole = residual(false), *parts = residual(false);
    struct rsl_trainer_options o = plain();
    o.optimizer.momentum = 0.9;
    struct rsl_trainer *t = trainer_of(whole, &o);
    o.batch = BATCH / 2;
    o.accumulate = 2;
    struct rsl_trainer *u = trainer_of(parts, &o);
    struct rsl_step_result r, first;
    for (uint64_t s = 0; s < 3; s++) {
        struct batch b = batch_of(BATCH, t->pixels, s);
        check_ok(rsl_trainer_step(t, b.images, b.labels, 0.1, &r));
        double norm = r.norm, loss = r.loss;
        check_ok(rsl_trainer_step(u, b.images, b.labels, 0.1, &first));
        assert_int_equal(u->taken, 1);
        check_ok(
            rsl_trainer_step(u, b.images + BATCH / 2 * u->pixels, b.labels + BATCH / 2, 0.1, &r));
        assert_int_equal(u->taken, 0);
        assert_int_equal(u->step, t->step);
        assert_float_equal((first.loss + r.loss) / 2, loss, 1e-5);
        assert_float_equal(r.norm, norm, 1e-5 * norm);
        free(b.images);
    }
    assert_true(distance(whole, parts) < 1e-5);
    rsl_trainer_free(t);
    rsl_trainer_free(u);
    rsl_model_free(whole);
    rsl_model_free(parts);
}

/* ---- passes ---- */

static void passes_without_chance_are_one(void **state) {
    (void)state;
    struct rsl_model *once = residual(true), *thrice = residual(true);
    struct rsl_trainer_options o = plain();
    struct rsl_trainer *t = trainer_of(once, &o);
    o.passes = 3;
    struct rsl_trainer *u = trainer_of(thrice, &o);
    for (uint64_t s = 0; s < 3; s++) {
        struct rsl_step_result a = step(t, 0.1, s), b = step(u, 0.1, s);
        assert_true(a.loss == b.loss && a.norm == b.norm);
        assert_int_equal(3 * a.correct, b.correct);
    }
    assert_true(distance(once, thrice) == 0);
    rsl_trainer_free(t);
    rsl_trainer_free(u);
    rsl_model_free(once);
    rsl_model_free(thrice);
}

/* A network with bit errors, or one that drops; pass p of step s has the draw that a training of
 * `passes` = 1 has in step s * passes + p. */
static struct rsl_model *one_step(bool struck, int passes, int64_t draw,
                                  struct rsl_step_result *r) {
    struct rsl_encoding encoding;
    struct rsl_model *m = struck ? residual(true) : linear(0.5F);
    struct rsl_trainer_options o = plain();
    check_ok(rsl_encoding_parse(&encoding, "symmetric8"));
    if (struck) o.encoding = &encoding;
    o.ber = struck ? 0.01 : 0;
    o.passes = passes;
    struct rsl_trainer *t = trainer_of(m, &o);
    t->step = draw / passes;
    *r = step(t, 1, 0);
    for (size_t i = 0; i < t->n; i++) /* not quantized */
        if (struck)
            memcpy(t->masters[i].used, t->masters[i].master,
                   (size_t)t->masters[i].count * sizeof(float));
    rsl_trainer_free(t);
    return m;
}

static void passes_are_averaged(void **state) {
    (void)state;
    enum { FIRST = 4 };
    for (int struck = 0; struck < 2; struck++) {
        struct rsl_step_result r, a, b;
        struct rsl_model *both = one_step(struck, 2, FIRST, &r),
                         *one = one_step(struck, 1, FIRST, &a),
                         *two = one_step(struck, 1, FIRST + 1, &b);
        const char *const names[] = {"fc.weight", "fc.bias"};
        assert_true(distance(one, two) > 1e-4);
        assert_float_equal(r.loss, (a.loss + b.loss) / 2, 1e-6);
        assert_int_equal(r.correct, a.correct + b.correct);
        for (int n = 0; n < 2; n++)
            for (int64_t i = 0; i < rsl_tensor_count(tensor(both, names[n])); i++)
                assert_float_equal(values(both, names[n])[i],
                                   (values(one, names[n])[i] + values(two, names[n])[i]) / 2, 1e-5);
        if (struck) /* the batch's statistics count once */
            assert_memory_equal(values(both, "bn1.running_var"), values(one, "bn1.running_var"),
                                rsl_tensor_bytes(tensor(both, "bn1.running_var")));
        rsl_model_free(both);
        rsl_model_free(one);
        rsl_model_free(two);
    }
}

/* ---- what is left alone, and what is bounded ---- */

static void frozen_parameters_stay(void **state) {
    (void)state;
    static const char *const conv1[] = {"conv1", "fc.b"}, *const unknown[] = {"conv9"},
                             *const all[] = {""};
    struct rsl_model *m = residual(false), *before = residual(false);
    struct rsl_trainer_options o = plain();
    struct rsl_trainer *t;
    o.frozen = conv1;
    o.n_frozen = 2;
    t = trainer_of(m, &o);
    step(t, 0.5, 1);
    static const struct {
        const char *name;
        bool stays;
    } rows[] = {{"conv1.weight", true}, {"conv1.bias", true}, {"conv2.weight", false},
                {"conv2.bias", false},  {"fc.weight", false}, {"fc.bias", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t bytes = rsl_tensor_bytes(tensor(m, rows[i].name));
        bool same = memcmp(values(m, rows[i].name), values(before, rows[i].name), bytes) == 0;
        if (same != rows[i].stays) fail_msg("%s", rows[i].name);
    }
    rsl_trainer_free(t);
    o.frozen = unknown;
    o.n_frozen = 1;
    check_fails(rsl_trainer_new(&t, m, &o), RSL_ENOTFOUND, "'conv9'");
    o.frozen = all;
    check_fails(rsl_trainer_new(&t, m, &o), RSL_EARG, "no parameters to train");
    rsl_model_free(m);
    rsl_model_free(before);
}

static double norm_of_change(struct rsl_model *a, struct rsl_model *b, struct rsl_trainer *t) {
    double sum = 0;
    for (size_t i = 0; i < t->n; i++)
        for (int64_t k = 0; k < t->masters[i].count; k++) {
            const char *name = t->masters[i].name;
            double d = (double)values(a, name)[k] - (double)values(b, name)[k];
            sum += d * d;
        }
    return sqrt(sum);
}

static void gradient_is_clipped(void **state) {
    (void)state;
    const double limits[] = {0.01, 1e6};
    for (int i = 0; i < 2; i++) {
        struct rsl_model *m = residual(false), *before = residual(false);
        struct rsl_trainer_options o = plain();
        o.clip = limits[i];
        struct rsl_trainer *t = trainer_of(m, &o);
        struct rsl_step_result r = step(t, 1, 0);
        assert_true(r.norm > 0.1);
        double want = fmin(r.norm, limits[i]);
        assert_float_equal(norm_of_change(m, before, t), want, 1e-3 * want);
        rsl_trainer_free(t);
        rsl_model_free(m);
        rsl_model_free(before);
    }
}

static void weights_are_clipped(void **state) {
    (void)state;
    struct rsl_model *m = residual(true);
    struct rsl_trainer_options o = plain();
    o.weight_clip = 0.03;
    for (int c = 0; c < 20; c++) values(m, "bn1.bias")[c] = 3;
    struct rsl_trainer *t = trainer_of(m, &o);
    step(t, 0.1, 0);
    float most = 0;
    for (size_t i = 0; i < t->n; i++)
        for (int64_t k = 0; k < t->masters[i].count && t->masters[i].weight; k++)
            most = fmaxf(most, fabsf(t->masters[i].master[k]));
    assert_true(most == 0.03F);
    assert_true(values(m, "bn1.weight")[0] > 0.5F && values(m, "bn1.bias")[0] > 2);
    rsl_trainer_free(t);
    rsl_model_free(m);
}

static void decay_is_for_weights(void **state) {
    (void)state;
    struct rsl_model *plainly = residual(true), *decayed = residual(true), *before = residual(true);
    struct rsl_trainer_options o = plain();
    o.decay_weights_only = true;
    struct rsl_trainer *t = trainer_of(plainly, &o);
    o.optimizer.weight_decay = 0.5;
    struct rsl_trainer *u = trainer_of(decayed, &o);
    step(t, 0.1, 0);
    step(u, 0.1, 0);
    for (size_t i = 0; i < t->n; i++) {
        const struct rsl_master *a = &t->masters[i], *b = &u->masters[i];
        assert_true(a->weight == (strstr(a->name, "conv") || !strcmp(a->name, "fc.weight")));
        for (int64_t k = 0; k < a->count; k++) {
            float w = a->weight ? values(before, a->name)[k] : 0;
            assert_float_equal(b->master[k], a->master[k] - 0.1F * 0.5F * w, 1e-6);
            if (!a->weight) assert_true(b->master[k] == a->master[k]);
        }
    }
    rsl_trainer_free(t);
    rsl_trainer_free(u);
    rsl_model_free(plainly);
    rsl_model_free(decayed);
    rsl_model_free(before);
}

/* ---- quantized weights ---- */

static void weights_are_on_the_grid(void **state) {
    (void)state;
    static const char *const encodings[] = {"symmetric4", "affine3", "symmetric8",
                                            "affine5:tensor"};
    for (int e = 0; e < 4; e++) {
        struct rsl_encoding encoding;
        check_ok(rsl_encoding_parse(&encoding, encodings[e]));
        struct rsl_model *m = residual(true);
        struct rsl_trainer_options o = plain();
        o.encoding = &encoding;
        struct rsl_trainer *t = trainer_of(m, &o);
        for (uint64_t s = 0; s < 3; s++) {
            step(t, 0.1, s);
            for (size_t i = 0; i < t->n; i++) {
                struct rsl_master *p = &t->masters[i];
                size_t bytes = (size_t)p->count * sizeof(float);
                assert_true(p->weight == (p->master != p->used));
                if (!p->weight) continue;
                float *want = malloc(bytes);
                check_ok(rsl_fake_quantize(&encoding, p->master, &p->shape, want));
                assert_memory_equal(p->used, want, bytes);
                assert_memory_not_equal(p->used, p->master, bytes);
                assert_ptr_equal(p->used, values(m, p->name));
                free(want);
            }
        }
        rsl_trainer_free(t);
        rsl_model_free(m);
    }
}

/* Linear layers have their outputs along either axis; scales are per output all the same, as in the
 * memory image. */
static void channels_are_outputs(void **state) {
    (void)state;
    static const char *const frozen[] = {"fc.weight"};
    struct rsl_encoding encoding;
    check_ok(rsl_encoding_parse(&encoding, "symmetric4"));
    for (int is_frozen = 0; is_frozen < 2; is_frozen++) {
        struct rsl_model *m = linear(0);
        struct rsl_tensor *w = tensor(m, "fc.weight");
        const struct rsl_shape across = {2, {w->shape.dim[1], w->shape.dim[0]}};
        w->shape = across;
        for (size_t i = 0; i < m->graph.nodes.n; i++)
            if (rsl_node_is(&m->graph.nodes.at[i], "Gemm"))
                check_ok(rsl_node_set_int(&m->graph, (int)i, "transB", 0));
        check_ok(rsl_graph_check(&m->graph));
        struct rsl_trainer_options o = plain();
        o.encoding = &encoding;
        o.frozen = frozen;
        o.n_frozen = (size_t)is_frozen;
        float *want = malloc(rsl_tensor_bytes(w));
        memcpy(want, w->data, rsl_tensor_bytes(w));
        struct rsl_trainer *t = trainer_of(m, &o);
        step(t, 0.1, 0);
        if (!is_frozen) memcpy(want, master(t, "fc.weight")->master, rsl_tensor_bytes(w));
        struct rsl_memory_options options = {0};
        struct rsl_memory *image;
        check_ok(rsl_storage_parse(&options.region[RSL_REGION_WEIGHTS], "symmetric4"));
        check_ok(rsl_memory_new(&image, &m->graph, &options));
        assert_int_equal(image->tensors[0].storage.encoding.axis, 1);
        check_ok(rsl_fake_quantize(&image->tensors[0].storage.encoding, want, &across, want));
        assert_memory_equal(values(m, "fc.weight"), want, rsl_tensor_bytes(w));
        rsl_memory_free(image);
        free(want);
        rsl_trainer_free(t);
        rsl_model_free(m);
    }
}

/* The gradient of one batch with the weights that `t` computes with: what a step of rate 1 without
 * momentum takes from the masters. */
static void gradient_at(const struct rsl_trainer *t, const struct batch *b, const char *name,
                        float *gradient) {
    struct rsl_trainer_options o = plain();
    struct rsl_model *m = residual(true);
    struct rsl_step_result r;
    for (size_t i = 0; i < t->n; i++)
        memcpy(values(m, t->masters[i].name), t->masters[i].used,
               (size_t)t->masters[i].count * sizeof(float));
    struct rsl_trainer *u = trainer_of(m, &o);
    struct rsl_master *p = master(u, name);
    check_ok(rsl_trainer_step(u, b->images, b->labels, 0, &r));
    memcpy(gradient, p->gradient, (size_t)p->count * sizeof *gradient);
    rsl_trainer_free(u);
    rsl_model_free(m);
}

/* Random bit error training: the mean of the gradients without and with errors; the running
 * statistics are those without. */
static void clean_and_struck_gradients(void **state) {
    (void)state;
    struct rsl_encoding encoding;
    check_ok(rsl_encoding_parse(&encoding, "symmetric8"));
    struct rsl_model *m = residual(true), *n = residual(true);
    struct rsl_trainer_options o = plain();
    o.encoding = &encoding;
    struct rsl_trainer *without = trainer_of(n, &o);
    o.ber = 0.05;
    struct rsl_trainer *t = trainer_of(m, &o);
    struct batch b = batch_of(BATCH, t->pixels, 1);
    struct rsl_master *p = master(t, "conv2.weight");
    size_t bytes = (size_t)p->count * sizeof(float);
    float *clean = malloc(bytes), *struck = malloc(bytes), *before = malloc(bytes);
    struct rsl_step_result r, s;
    memcpy(before, p->master, bytes);
    check_ok(rsl_trainer_settle(t));
    gradient_at(t, &b, p->name, clean);
    check_ok(rsl_trainer_strike(t, 0));
    gradient_at(t, &b, p->name, struck);
    assert_memory_not_equal(clean, struck, bytes);
    check_ok(rsl_trainer_step(t, b.images, b.labels, 1, &r));
    check_ok(rsl_trainer_step(without, b.images, b.labels, 1, &s));
    assert_float_equal(r.loss, s.loss, 1e-6);
    assert_int_equal(r.correct, s.correct);
    for (int64_t i = 0; i < p->count; i++)
        assert_float_equal(before[i] - p->master[i], (clean[i] + struck[i]) / 2, 1e-5);
    const char *const statistics[] = {"bn1.running_mean", "bn2.running_mean", "bn2.running_var"};
    for (int i = 0; i < 3; i++)
        assert_memory_equal(values(m, statistics[i]), values(n, statistics[i]),
                            rsl_tensor_bytes(tensor(m, statistics[i])));
    free(clean);
    free(struck);
    free(before);
    free(b.images);
    rsl_trainer_free(t);
    rsl_trainer_free(without);
    rsl_model_free(m);
    rsl_model_free(n);
}

/* A frozen weight is quantized as the trained ones are. */
static void frozen_weights_are_quantized(void **state) {
    (void)state;
    static const char *const conv1[] = {"conv1"};
    struct rsl_encoding encoding;
    check_ok(rsl_encoding_parse(&encoding, "symmetric4"));
    struct rsl_model *m = residual(false), *plain_model = residual(false);
    struct rsl_trainer_options o = plain();
    o.encoding = &encoding;
    o.frozen = conv1;
    o.n_frozen = 1;
    struct rsl_trainer *t = trainer_of(m, &o);
    const struct rsl_tensor *w = tensor(plain_model, "conv1.weight");
    float *want = malloc(rsl_tensor_bytes(w));
    check_ok(rsl_fake_quantize(&encoding, w->data, &w->shape, want));
    assert_memory_equal(values(m, "conv1.weight"), want, rsl_tensor_bytes(w));
    assert_memory_equal(values(m, "conv1.bias"), values(plain_model, "conv1.bias"),
                        rsl_tensor_bytes(tensor(m, "conv1.bias")));
    step(t, 0.05, 0);
    assert_memory_equal(values(m, "conv1.weight"), want, rsl_tensor_bytes(w));
    free(want);
    rsl_trainer_free(t);
    rsl_model_free(m);
    rsl_model_free(plain_model);
}

/* Bits of the codes of all weights that differ from those without errors, and all bits. */
static void count_errors(struct rsl_trainer *t, int64_t *errors, int64_t *bits) {
    *errors = *bits = 0;
    for (size_t i = 0; i < t->n; i++) {
        struct rsl_master *p = &t->masters[i];
        struct rsl_codes clean;
        if (!p->weight) continue;
        check_ok(rsl_codes_init(&clean, t->options.encoding, &p->shape));
        check_ok(rsl_encode(&clean, p->master));
        for (int64_t k = 0; k < p->count; k++) {
            uint32_t x = rsl_code_at(&clean, k) ^ rsl_code_at(&p->codes, k);
            *errors += __builtin_popcount(x & 0xff);
        }
        *bits += p->count * 8;
        rsl_codes_free(&clean);
    }
}

static void check_rate(struct rsl_trainer *t, double ber) {
    int64_t errors, bits;
    count_errors(t, &errors, &bits);
    double expected = ber * (double)bits, deviation = sqrt(expected * (1 - ber));
    if (!(fabs((double)errors - expected) < 5 * deviation))
        fail_msg("%lld errors in %lld bits at a rate of %g", (long long)errors, (long long)bits,
                 ber);
}

static void bit_errors(void **state) {
    (void)state;
    struct rsl_encoding encoding;
    check_ok(rsl_encoding_parse(&encoding, "symmetric8"));
    struct rsl_model *m = residual(true), *n = residual(true);
    struct rsl_trainer_options o = plain();
    o.encoding = &encoding;
    o.ber = 0.05;
    struct rsl_trainer *t = trainer_of(m, &o), *u = trainer_of(n, &o);
    struct rsl_master *p = master(t, "conv2.weight"), *q = master(u, "conv2.weight");
    size_t bytes = (size_t)p->count * sizeof(float);
    float *kept = malloc(bytes), *clean = malloc(bytes);
    check_ok(rsl_trainer_strike(t, 0));
    check_rate(t, 0.05);
    step(t, 0.05, 0);
    step(u, 0.05, 0);
    check_ok(rsl_fake_quantize(&encoding, p->master, &p->shape, clean));
    assert_memory_equal(p->used, clean, bytes); /* a step leaves none behind */
    check_ok(rsl_trainer_strike(t, 0));
    check_ok(rsl_trainer_strike(u, 0));
    check_rate(t, 0.05);
    assert_memory_equal(p->used, q->used, bytes); /* the seed's errors */
    memcpy(kept, p->used, bytes);
    check_ok(rsl_trainer_settle(t));
    assert_memory_equal(p->used, clean, bytes);
    check_ok(rsl_trainer_strike(t, 0));
    assert_memory_equal(p->used, kept, bytes); /* the step's errors */
    t->step++;
    check_ok(rsl_trainer_strike(t, 0));
    assert_memory_not_equal(p->used, kept, bytes);
    u->fake.seed++;
    check_ok(rsl_trainer_strike(u, 0));
    assert_memory_not_equal(q->used, kept, bytes);
    free(kept);
    free(clean);
    rsl_trainer_free(t);
    rsl_trainer_free(u);
    rsl_model_free(m);
    rsl_model_free(n);
}

/* ---- dropout ---- */

static void dropout_is_a_function_of_seed_and_step(void **state) {
    (void)state;
    struct rsl_model *m = linear(0.5F), *n = linear(0.5F);
    struct rsl_trainer_options o = plain();
    struct rsl_trainer *t = trainer_of(m, &o);
    o.seed++;
    struct rsl_trainer *u = trainer_of(n, &o);
    double first = step(t, 0, 0).loss, second = step(t, 0, 0).loss;
    assert_true(first != second); /* another step, another mask */
    t->step = 0;
    assert_true(step(t, 0, 0).loss == first);
    assert_true(step(u, 0, 0).loss != first);
    rsl_trainer_free(t);
    rsl_trainer_free(u);
    rsl_model_free(m);
    rsl_model_free(n);
}

static void dropout_keeps_the_mean(void **state) {
    (void)state;
    enum { N = 100003 };
    const float ratios[] = {0, 0.1F, 0.5F, 0.9F};
    for (int k = 0; k < 4; k++) {
        struct rsl_graph g;
        const struct rsl_shape shape = {1, {N}}, one = {1, {1}};
        rsl_graph_init(&g);
        int in[2] = {rsl_graph_add_input(&g, "x", RSL_f32, &shape),
                     rsl_graph_add_input(&g, "step", RSL_i64, &one)};
        int out = rsl_graph_fresh(&g, "y");
        int node =
            rsl_graph_add_node(&g, rsl_op_find("resile", "TrainingDropout"), "", in, 2, &out, 1);
        check_ok(rsl_node_set_float(&g, node, "ratio", ratios[k]));
        check_ok(rsl_graph_add_output(&g, out));
        check_ok(rsl_graph_check(&g));
        struct rsl_plan *p;
        check_ok(rsl_plan_new(&p, &g, &(struct rsl_plan_options){.threads = 1}));
        float *x = rsl_plan_input(p, 0)->data;
        *(int64_t *)rsl_plan_input(p, 1)->data = 9;
        for (int i = 0; i < N; i++) x[i] = 3;
        check_ok(rsl_plan_run(p));
        const float *y = rsl_plan_output(p, 0)->data;
        double sum = 0, q = (double)ratios[k];
        for (int i = 0; i < N; i++) {
            assert_true(y[i] == 0 || fabs((double)y[i] - 3 / (1 - q)) < 1e-5);
            sum += (double)y[i];
        }
        assert_true(fabs(sum / N - 3) <= 1e-6 + 5 * 3 * sqrt(q / (1 - q) / N));
        rsl_plan_free(p);
        rsl_graph_free(&g);
    }
}

/* ---- losses ---- */

enum { ROWS = 4, COLUMNS = 3 };

/* A loss of a [ROWS,COLUMNS] and b (of its shape, or labels), and its gradient by a. */
struct loss_graph {
    struct rsl_graph g;
    int a, b, labels;
};

static void loss_inputs(struct loss_graph *l) {
    const struct rsl_shape shape = {2, {ROWS, COLUMNS}}, rows = {1, {ROWS}};
    rsl_graph_init(&l->g);
    l->a = rsl_graph_add_input(&l->g, "a", RSL_f32, &shape);
    l->b = rsl_graph_add_input(&l->g, "b", RSL_f32, &shape);
    l->labels = rsl_graph_add_input(&l->g, "labels", RSL_i64, &rows);
}

static const float A[ROWS * COLUMNS] = {0.5F, -1, 2, 0, 0.25F, -0.75F, 3, 1, -2, 0.1F, 0.2F, -0.3F};
static const float B[ROWS * COLUMNS] = {1, 1, -1, 2, 0.5F, 0, 1, 1, 1, -0.1F, 0, 0.4F};
static const int64_t LABELS[ROWS] = {2, 0, 1, 1};

/* The loss and its gradient by a; frees the graph. */
static double evaluate(struct loss_graph *l, int loss, float gradient[ROWS * COLUMNS]) {
    int d;
    check_ok(loss);
    check_ok(rsl_graph_add_output(&l->g, loss));
    check_ok(rsl_graph_check(&l->g));
    check_ok(rsl_graph_infer(&l->g, 0));
    check_ok(rsl_graph_gradient(&l->g, loss, &l->a, 1, &d));
    check_ok(rsl_graph_add_output(&l->g, d));
    check_ok(rsl_graph_check(&l->g));
    struct rsl_plan *p;
    check_ok(rsl_plan_new(&p, &l->g, &(struct rsl_plan_options){.threads = 1}));
    memcpy(rsl_plan_input(p, 0)->data, A, sizeof A);
    memcpy(rsl_plan_input(p, 1)->data, B, sizeof B);
    memcpy(rsl_plan_input(p, 2)->data, LABELS, sizeof LABELS);
    check_ok(rsl_plan_run(p));
    double value = (double)*(const float *)rsl_plan_output(p, 0)->data;
    assert_int_equal(rsl_plan_output(p, 0)->shape.rank, 0);
    memcpy(gradient, rsl_plan_output(p, 1)->data, sizeof A);
    rsl_plan_free(p);
    rsl_graph_free(&l->g);
    return value;
}

/* torch.nn.functional.cross_entropy(a, labels, label_smoothing=e):
 *     loss = mean over rows of -sum over classes q log p,  q = (1-e) [c == label] + e/C
 *     gradient = (p - q) / rows */
static void cross_entropy_as_pytorch(void **state) {
    (void)state;
    const float smoothings[] = {0, 0.1F, 0.7F};
    for (int k = 0; k < 3; k++) {
        struct loss_graph l;
        float gradient[ROWS * COLUMNS];
        double e = (double)smoothings[k], want = 0;
        loss_inputs(&l);
        double got =
            evaluate(&l, rsl_loss_cross_entropy(&l.g, l.a, l.labels, smoothings[k]), gradient);
        for (int r = 0; r < ROWS; r++) {
            double sum = 0;
            for (int c = 0; c < COLUMNS; c++) sum += exp((double)A[r * COLUMNS + c]);
            for (int c = 0; c < COLUMNS; c++) {
                double p = exp((double)A[r * COLUMNS + c]) / sum;
                double q = (c == LABELS[r]) * (1 - e) + e / COLUMNS;
                want -= q * log(p) / ROWS;
                assert_float_equal(gradient[r * COLUMNS + c], (p - q) / ROWS, 1e-6);
            }
        }
        assert_float_equal(got, want, 1e-6);
    }
    struct loss_graph l;
    loss_inputs(&l);
    check_fails(rsl_loss_cross_entropy(&l.g, l.a, l.labels, 1), RSL_EARG, "label smoothing of 1");
    check_fails(rsl_loss_cross_entropy(&l.g, l.a, l.labels, NAN), RSL_EARG, "label smoothing");
    rsl_graph_free(&l.g);
}

/* 0.5 mean (a-b)^2 + 2 P(a), for each penalty P. */
static void sums_and_penalties(void **state) {
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct loss_graph l;
        float gradient[ROWS * COLUMNS];
        double want = 0, n = ROWS * COLUMNS;
        loss_inputs(&l);
        int square = rsl_loss_mean_square(&l.g, l.a, l.b);
        int penalty = rsl_loss_penalty(&l.g, l.a, (enum rsl_penalty)k);
        double got = evaluate(&l, rsl_loss_sum(&l.g, square, 0.5F, penalty, 2), gradient);
        for (int i = 0; i < ROWS * COLUMNS; i++) {
            double a = (double)A[i], b = (double)B[i], slope;
            double part = k == RSL_PENALTY_L1 ? fabs(a) : k == RSL_PENALTY_L2 ? a * a : a * a / n;
            slope = k == RSL_PENALTY_L1 ? (a > 0) - (a < 0) : 2 * a / (k == RSL_PENALTY_L2 ? 1 : n);
            want += 0.5 * (a - b) * (a - b) / n + 2 * part;
            assert_float_equal(gradient[i], (a - b) / n + 2 * slope, 1e-5);
        }
        assert_float_equal(got, want, 1e-5);
    }
    /* A failure inside is passed on. */
    struct loss_graph l;
    loss_inputs(&l);
    assert_int_equal(rsl_loss_sum(&l.g, l.a, 1, RSL_EARG, 1), RSL_EARG);
    assert_int_equal(rsl_loss_penalty(&l.g, RSL_ENOMEM, RSL_PENALTY_L1), RSL_ENOMEM);
    assert_int_equal(rsl_loss_mean_square(&l.g, RSL_EGRAPH, l.b), RSL_EGRAPH);
    assert_int_equal(rsl_loss_cross_entropy(&l.g, RSL_EGRAPH, l.labels, 0.1F), RSL_EGRAPH);
    rsl_graph_free(&l.g);
}

/* mean (a - one-hot)^2 + 0.5 sum a^2 + 2 mean b^2 + 0.25 sum |a| */
static void labels_and_penalties_by_name(void **state) {
    (void)state;
    struct loss_graph l;
    float gradient[ROWS * COLUMNS];
    double want = 0, n = ROWS * COLUMNS;
    loss_inputs(&l);
    int square = rsl_loss_mean_square_labels(&l.g, l.a, l.labels, COLUMNS);
    int loss = rsl_loss_penalties(&l.g, square, &l.b, 1, "a:l2:0.5,b*:mean-square:2,a:l1:0.25");
    double got = evaluate(&l, loss, gradient);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        double a = (double)A[i], b = (double)B[i], one = LABELS[i / COLUMNS] == i % COLUMNS;
        want += (a - one) * (a - one) / n + 0.5 * a * a + 2 * b * b / n + 0.25 * fabs(a);
        double slope = 2 * (a - one) / n + a + 0.25 * ((a > 0) - (a < 0));
        assert_float_equal(gradient[i], slope, 1e-5);
    }
    assert_float_equal(got, want, 1e-5);
    static const struct {
        const char *text;
        int status;
        const char *words;
    } rows[] = {{"a:l2", RSL_EARG, "'a:l2' is not NAME:KIND:WEIGHT"},
                {"a", RSL_EARG, "'a' is not NAME:KIND:WEIGHT"},
                {"a:l3:1", RSL_EARG, "'l3'"},
                {"a:l1:x", RSL_EARG, "'x' is no number"},
                {"a:l1:inf", RSL_EARG, "'inf'"},
                {"zz:l1:1", RSL_ENOTFOUND, "'zz'"},
                {"a*:l1:1", RSL_ENOTFOUND, "no trained parameter is called 'a*'"},
                {"labels:l1:1", RSL_ENOTFOUND, "'labels'"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        loss_inputs(&l);
        check_fails(rsl_loss_penalties(&l.g, l.a, &l.b, 1, rows[i].text), rows[i].status,
                    rows[i].words);
        rsl_graph_free(&l.g);
    }
}

/* ---- what fails ---- */

static void failures_leave_parameters(void **state) {
    (void)state;
    struct rsl_model *m = residual(true), *before = residual(true);
    struct rsl_trainer_options o = plain();
    o.optimizer.momentum = 0.9;
    struct rsl_trainer *t = trainer_of(m, &o);
    struct batch b = batch_of(BATCH, t->pixels, 0);
    struct rsl_step_result r;
    b.images[77] = NAN;
    check_fails(rsl_trainer_step(t, b.images, b.labels, 0.1, &r), RSL_EARG,
                "the loss is not a number");
    assert_true(distance(m, before) == 0);
    b.images[77] = 0;
    b.labels[3] = CLASSES;
    check_fails(rsl_trainer_step(t, b.images, b.labels, 0.1, &r), RSL_EARG, "5");
    assert_true(distance(m, before) == 0);
    b.labels[3] = 0;
    check_ok(rsl_trainer_step(t, b.images, b.labels, 0.1, &r));
    assert_true(distance(m, before) > 0);
    assert_int_equal(t->step, 1);
    free(b.images);
    rsl_trainer_free(t);
    rsl_model_free(m);
    rsl_model_free(before);
}

/* Two batches of finite gradients whose sum is not; the loss is fine. */
static void infinite_gradient(void **state) {
    (void)state;
    struct rsl_model *m = linear(0);
    memset(values(m, "fc.weight"), 0, rsl_tensor_bytes(tensor(m, "fc.weight")));
    struct rsl_trainer_options o = plain();
    o.accumulate = 2;
    struct rsl_trainer *t = trainer_of(m, &o);
    struct batch b = batch_of(BATCH, t->pixels, 0);
    struct rsl_step_result r;
    for (int64_t i = 0; i < BATCH * t->pixels; i++) b.images[i] = 3e38F;
    for (int i = 0; i < BATCH; i++) b.labels[i] = 1;
    check_ok(rsl_trainer_step(t, b.images, b.labels, 0.1, &r));
    check_fails(rsl_trainer_step(t, b.images, b.labels, 0.1, &r), RSL_EARG, "'fc.weight' is");
    assert_int_equal(t->taken, 0);
    for (int64_t i = 0; i < t->masters[0].count; i++)
        if (t->masters[0].weight) assert_true(t->masters[0].master[i] == 0);
    step(t, 0.1, 1); /* what was accumulated is dropped */
    assert_true(isfinite(step(t, 0.1, 2).norm));
    free(b.images);
    rsl_trainer_free(t);
    rsl_model_free(m);
}

static void refusals(void **state) {
    (void)state;
    struct rsl_encoding encoding;
    check_ok(rsl_encoding_parse(&encoding, "symmetric8"));
    static const struct {
        struct rsl_trainer_options o;
        bool encoded;
        const char *words;
    } rows[] = {
        {{.batch = 0}, false, "a batch of 0 images"},
        {{.batch = 4, .clip = -1}, false, "clipping needs a number"},
        {{.batch = 4, .clip = (double)NAN}, false, "clipping needs a number"},
        {{.batch = 4, .weight_clip = -0.1}, false, "clipping needs a number"},
        {{.batch = 4, .ber = 0.1}, false, "needs an encoding"},
        {{.batch = 4, .ber = 1.5}, true, "a bit error rate of 1.5"},
        {{.batch = 4, .ber = (double)NAN}, true, "a bit error rate of nan"},
        {{.batch = 4, .label_smoothing = 1}, false, "label smoothing of 1"},
        {{.batch = 4, .optimizer = {.momentum = 1}}, false, "momentum is 1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rsl_model *m = residual(true);
        struct rsl_trainer_options o = rows[i].o;
        struct rsl_trainer *t;
        if (rows[i].encoded) o.encoding = &encoding;
        check_fails(rsl_trainer_new(&t, m, &o), RSL_EARG, rows[i].words);
        assert_null(t);
        rsl_model_free(m);
    }
}

/* A network whose output is no row of logits, and one without parameters. */
static void networks_that_cannot_be_trained(void **state) {
    (void)state;
    struct rsl_trainer_options o = plain();
    struct rsl_trainer *t;
    struct rsl_model *m;
    struct rsl_net n = begin(&m);
    rsl_net_output(&n, rsl_net_conv(&n, "conv", n.input, rsl_conv(4, 3, 1, 1)));
    check_fails(rsl_trainer_new(&t, m, &o), RSL_EUNSUPPORTED, "one row of logits per image");
    rsl_model_free(m);
    n = begin(&m);
    rsl_net_output(&n, rsl_net_flatten(&n, rsl_net_relu(&n, n.input)));
    check_fails(rsl_trainer_new(&t, m, &o), RSL_EARG, "no parameters");
    rsl_model_free(m);
}

/* The tables of a graph move while it grows: networks of many nodes, with every kind of tail. */
static void deep_networks_have_a_training_form(void **state) {
    (void)state;
    static const char *const names[] = {"mobilenetv2", "resnet56", "inception"};
    for (int i = 0; i < 3; i++) {
        struct rsl_model *m = from_zoo(names[i], 3, 32);
        struct rsl_training_form f;
        const struct rsl_training_form_options o = {.batch = 2};
        size_t norms = 0;
        check_ok(rsl_training_form(&f, &m->graph, &o));
        for (size_t k = 0; k < m->graph.nodes.n; k++)
            norms += strcmp(m->graph.nodes.at[k].op->name, "BatchNormalization") == 0;
        assert_int_equal(f.running.n, norms);
        rsl_training_form_free(&f);
        rsl_model_free(m);
    }
}

/* ---- memory ---- */

struct making {
    struct rsl_model *model;
    bool reference;
};

static int make_one(void *context) {
    struct rsl_trainer *t;
    const struct making *making = context;
    struct rsl_encoding encoding;
    RSL_TRY(rsl_encoding_parse(&encoding, "symmetric8"));
    struct rsl_trainer_options o = plain();
    o.batch = 2;
    o.reference = making->reference;
    o.accumulate = 2;
    o.encoding = &encoding;
    o.ber = 0.01;
    o.optimizer.momentum = 0.9;
    int rc = rsl_trainer_new(&t, making->model, &o);
    rsl_trainer_free(t);
    return rc;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    for (int reference = 0; reference < 2; reference++) {
        struct making making = {residual(true), reference};
        assert_true(torture(make_one, &making) > 50);
        rsl_model_free(making.model);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_is_one),
        cmocka_unit_test(fast_equals_reference),
        cmocka_unit_test(running_statistics),
        cmocka_unit_test(accumulated_batches_are_one),
        cmocka_unit_test(passes_without_chance_are_one),
        cmocka_unit_test(passes_are_averaged),
        cmocka_unit_test(frozen_parameters_stay),
        cmocka_unit_test(gradient_is_clipped),
        cmocka_unit_test(weights_are_clipped),
        cmocka_unit_test(decay_is_for_weights),
        cmocka_unit_test(weights_are_on_the_grid),
        cmocka_unit_test(channels_are_outputs),
        cmocka_unit_test(bit_errors),
        cmocka_unit_test(clean_and_struck_gradients),
        cmocka_unit_test(frozen_weights_are_quantized),
        cmocka_unit_test(dropout_is_a_function_of_seed_and_step),
        cmocka_unit_test(dropout_keeps_the_mean),
        cmocka_unit_test(cross_entropy_as_pytorch),
        cmocka_unit_test(sums_and_penalties),
        cmocka_unit_test(labels_and_penalties_by_name),
        cmocka_unit_test(failures_leave_parameters),
        cmocka_unit_test(infinite_gradient),
        cmocka_unit_test(refusals),
        cmocka_unit_test(networks_that_cannot_be_trained),
        cmocka_unit_test(deep_networks_have_a_training_form),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
