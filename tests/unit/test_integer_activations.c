/* Faults in the activations of integer networks: which they are, that skipping changes nothing, and
 * that both are what a plan of reference kernels gives whose bytes were changed by hand. */
#include "check.h"

#include "base/alloc.h"
#include "base/philox.h"
#include "campaign/trial.h"
#include "graph/model.h"
#include "graph/op.h"
#include "resile/zoo.h"

#include <math.h>

enum { IMAGES = 3, CLASSES = 10 };

struct subject {
    struct rsl_model *model;
    struct rsl_memory *image;
    struct rsl_ranges ranges;
    struct rsl_integer_network q;
    int64_t pixels;
    float *images;
};

static struct subject subject_of(const char *arch, int size) {
    struct subject s = {0};
    struct rsl_zoo_options z = {.classes = CLASSES, .seed = 5};
    struct rsl_memory_options m = {0};
    if (size) z.channels = 3, z.height = z.width = size;
    check_ok(rsl_zoo_build(&s.model, arch, &z));
    const struct rsl_graph *g = &s.model->graph;
    check_ok(rsl_storage_parse(&m.region[RSL_REGION_WEIGHTS], "symmetric8:channel"));
    check_ok(rsl_memory_new(&s.image, g, &m));
    check_ok(rsl_ranges_measure(&s.ranges, g, NULL, NULL, 8, 1, RSL_CLIP_ERROR));
    check_ok(rsl_integer_init(&s.q, g, s.image, NULL, &s.ranges));
    const struct rsl_shape *x = &g->values.at[g->inputs.at[0]].tensor.shape;
    s.pixels = rsl_shape_span(x, 1, x->rank);
    s.images = rsl_calloc((size_t)(IMAGES * s.pixels), sizeof *s.images);
    assert_non_null(s.images);
    struct rsl_rng r = rsl_rng(7, 7);
    for (int64_t i = 0; i < IMAGES * s.pixels; i++) s.images[i] = (float)(rsl_rng_unit(&r) * 2 - 1);
    return s;
}

static void subject_free(struct subject *s) {
    rsl_free(s->images);
    rsl_integer_free(&s->q);
    rsl_ranges_free(&s->ranges);
    rsl_memory_free(s->image);
    rsl_model_free(s->model);
}

static struct rsl_activation_source source_of(const struct subject *s) {
    return (struct rsl_activation_source){&s->q.graph, &s->q};
}

/* The activations that a spec of one neuron model strikes, or what refuses it. */
static int find(const struct subject *s, const char *text, struct rsl_activations *a) {
    const struct rsl_activation_source from = source_of(s);
    struct rsl_fault_spec *spec;
    struct rsl_neuron n;
    check_ok(rsl_fault_spec_parse(&spec, text));
    assert_true(rsl_fault_spec_neuron(spec, 0, &n));
    int rc = rsl_activations_find(a, &from, &n);
    rsl_fault_spec_free(spec);
    return rc;
}

static void check_labels(const struct subject *s, const char *text, const char *const *labels) {
    struct rsl_arena arena = RSL_ARENA_INIT;
    struct rsl_activations a = {0};
    check_ok(find(s, text, &a));
    for (size_t i = 0; i < a.places.n; i++) {
        assert_non_null(labels[i]);
        assert_string_equal(rsl_activation_label(&arena, &s->q.graph, &a.places.at[i]), labels[i]);
        assert_true(a.sites.at[i].scale > 0);
        enum rsl_dtype t = s->q.graph.values.at[a.places.at[i].value].tensor.dtype;
        assert_true(t == RSL_u8 || t == RSL_i8 || t == RSL_NO_DTYPE);
    }
    assert_null(labels[a.places.n]);
    rsl_activations_free(&a);
    rsl_arena_free(&arena);
}

static void test_which(void **state) {
    (void)state;
    struct subject s = subject_of("lenet5", 0);
    struct rsl_activations a = {0};
    check_labels(
        &s, "neuron as=int8",
        (const char *[]){"outputs:conv1", "outputs:maxpool", "outputs:conv2", "outputs:maxpool_2",
                         "outputs:flatten", "outputs:fc1", "outputs:fc2", NULL});
    check_labels(&s, "neuron as=int8 layers=Conv",
                 (const char *[]){"outputs:conv1", "outputs:conv2", NULL});
    check_labels(&s, "neuron as=int8 at=inputs layers=conv1",
                 (const char *[]){"inputs:conv1:input_1", NULL});
    check_fails(find(&s, "neuron as=int8 layers=conv7", &a), RSL_ENOTFOUND, "conv7");
    subject_free(&s);
}

/* A point of a spec that does not say as=int8. */
static void test_form(void **state) {
    (void)state;
    struct subject s = subject_of("lenet5", 0);
    const struct rsl_activation_source from = source_of(&s);
    struct rsl_point_faults *p;
    struct rsl_fault_spec *spec;
    check_ok(rsl_fault_spec_parse(&spec, "neuron"));
    check_fails(rsl_point_faults_new(&p, spec, s.image, &from), RSL_EARG, "add as=int8");
    rsl_fault_spec_free(spec);
    check_ok(rsl_fault_spec_parse(&spec, "neuron as=int8"));
    check_ok(rsl_point_faults_new(&p, spec, s.image, &from));
    assert_false(rsl_point_faults_scaled(p)); /* the network knows them */
    rsl_point_faults_free(p);
    rsl_fault_spec_free(spec);
    subject_free(&s);
}

/* ---- by hand: reference kernels, values in plain order ---- */

/* The step that writes the buffer. */
static size_t step_of(const struct rsl_plan *p, int buffer) {
    for (size_t i = 0; i < rsl_plan_steps(p); i++)
        for (int k = 0; k < rsl_plan_step_outputs(p, i); k++)
            if (rsl_plan_step_out(p, i, k).buffer == buffer) return i;
    fail_msg("no step writes buffer %d", buffer);
    return 0;
}

static void run_by_hand(const struct subject *s, int value, const struct rsl_hit *hit, int fixed,
                        float *logits) {
    struct rsl_plan *p;
    struct rsl_plan_options o = {
        .batch = IMAGES, .threads = 1, .reference = true, .compute = RSL_MODE_INT8, .keep = true};
    check_ok(rsl_plan_new(&p, &s->q.graph, &o));
    struct rsl_tensor *x = rsl_plan_input(p, 0);
    memcpy(x->data, s->images, rsl_tensor_bytes(x));
    int buffer = rsl_plan_port(p, value).buffer;
    size_t after = step_of(p, buffer) + 1, bytes;
    check_ok(rsl_plan_run_steps(p, 0, after));
    uint8_t *at = rsl_plan_buffer(p, (size_t)buffer, &bytes);
    int64_t each = rsl_tensor_count(&rsl_plan_graph(p)->values.at[value].tensor) / IMAGES;
    for (int64_t i = 0; i < IMAGES; i++) {
        uint8_t *code = &at[i * each + hit->element];
        *code = fixed >= 0 ? (uint8_t)fixed : *code ^ (uint8_t)hit->flips;
    }
    check_ok(rsl_plan_run_steps(p, after, rsl_plan_steps(p)));
    memcpy(logits, rsl_plan_output(p, 0)->data, IMAGES * CLASSES * sizeof *logits);
    rsl_plan_free(p);
}

static struct rsl_executor *executor_of(const struct subject *s, const struct rsl_activations *a,
                                        bool naive) {
    struct rsl_executor *e;
    const struct rsl_executor_options o = {.workers = 1,
                                           .compute = RSL_MODE_INT8,
                                           .ranges = &s->ranges,
                                           .naive = naive,
                                           .tile = IMAGES,
                                           .activations = a->places.at,
                                           .n_activations = (int)a->places.n};
    check_ok(rsl_executor_new(&e, &s->model->graph, s->image, &o));
    assert_string_equal(rsl_executor_kind(e), "plan");
    check_ok(rsl_executor_golden(e, s->images, IMAGES));
    return e;
}

/* Bit for bit. */
static bool equal(const float *a, const float *b) {
    return memcmp(a, b, IMAGES * CLASSES * sizeof *a) == 0;
}

static void check_close(const float *a, const float *b) {
    for (int i = 0; i < IMAGES * CLASSES; i++) {
        float most = fmaxf(fabsf(a[i]), 1);
        if (!(fabsf(a[i] - b[i]) <= 1e-5F * most))
            fail_msg("score %d: %g, by hand %g", i, a[i], b[i]);
    }
}

static void check_trials(const struct subject *s, const char *text, int trials, int fixed) {
    float fast[IMAGES * CLASSES], naive[IMAGES * CLASSES], hand[IMAGES * CLASSES];
    struct rsl_activations a = {0};
    struct rsl_hits hits = {0};
    struct rsl_fault_spec *spec;
    struct rsl_neuron n;
    int differ = 0;
    check_ok(find(s, text, &a));
    check_ok(rsl_fault_spec_parse(&spec, text));
    assert_true(rsl_fault_spec_neuron(spec, 0, &n));
    struct rsl_executor *e = executor_of(s, &a, false), *whole = executor_of(s, &a, true);
    for (int k = 0; k < trials; k++) {
        check_ok(rsl_sites_draw(&n.model, a.sites.at, (int)a.sites.n, 3, (uint64_t)k, &hits));
        const struct rsl_strike_hits group = {&n.model, a.sites.at, a.places.at, &hits};
        const struct rsl_strike strike = {.hits = &group, .n_hits = 1};
        check_ok(rsl_executor_run(e, 0, &strike, fast));
        check_ok(rsl_executor_run(whole, 0, &strike, naive));
        assert_true(equal(fast, naive));
        run_by_hand(s, a.places.at[hits.at[0].site].value, &hits.at[0], fixed, hand);
        check_close(fast, hand);
        differ += !equal(fast, rsl_executor_golden_logits(e));
    }
    assert_in_range(differ, trials / 3, trials);
    check_ok(rsl_executor_run(e, 0, &(struct rsl_strike){0}, fast));
    assert_true(equal(fast, rsl_executor_golden_logits(e)));
    rsl_executor_free(e);
    rsl_executor_free(whole);
    rsl_hits_free(&hits);
    rsl_fault_spec_free(spec);
    rsl_activations_free(&a);
}

static void test_flips(void **state) {
    (void)state;
    struct subject s = subject_of("resnet20", 16);
    check_trials(&s, "neuron as=int8 bits=top", 24, -1);
    check_trials(&s, "neuron as=int8 bits=7 layers=Conv", 12, -1);
    subject_free(&s);
    s = subject_of("lenet5", 0);
    check_trials(&s, "neuron as=int8 pick=elements bits=7", 12, -1);
    subject_free(&s);
}

/* Beyond what the integer can be: the largest. */
static void test_fixed(void **state) {
    (void)state;
    struct subject s = subject_of("lenet5", 0);
    check_trials(&s, "neuron as=int8 value=1e9 layers=Conv,MaxPool,Gemm", 12, 255);
    subject_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_flips),
        cmocka_unit_test(test_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
