/* Trials: weight and activation faults of one text, where they are, and that a trial is a function
 * of its number alone. */
#include "check.h"
#include "same_hits.h"

#include "campaign/decoded.h"
#include "campaign/trial.h"
#include "graph/model.h"
#include "resile/zoo.h"
#include "torture.h"

#include <limits.h>
#include <math.h>

struct subject {
    struct rsl_model *model;
    struct rsl_memory *image;
};

static struct subject subject_of(const char *arch) {
    struct subject s;
    check_ok(rsl_zoo_build(&s.model, arch, NULL));
    struct rsl_memory_options m = {0};
    check_ok(rsl_storage_parse(&m.region[RSL_REGION_WEIGHTS], "affine5/msb"));
    check_ok(rsl_memory_new(&s.image, &s.model->graph, &m));
    return s;
}

static void subject_free(struct subject *s) {
    rsl_memory_free(s->image);
    rsl_model_free(s->model);
}

struct point {
    struct rsl_fault_spec *spec;
    struct rsl_point_faults *faults;
};

static struct point point_of(const struct subject *s, const char *text) {
    struct point p;
    check_ok(rsl_fault_spec_parse(&p.spec, text));
    check_ok(rsl_point_faults_new(&p.faults, p.spec, s->image,
                                  &(struct rsl_activation_source){.graph = &s->model->graph}));
    return p;
}

static void point_free(struct point *p) {
    rsl_point_faults_free(p->faults);
    rsl_fault_spec_free(p->spec);
}

/* The spec parses; its point is refused, or accepted when words is NULL. */
static void check_point(const struct subject *s, const char *text, int status, const char *words) {
    struct rsl_fault_spec *spec;
    struct rsl_point_faults *faults;
    check_ok(rsl_fault_spec_parse(&spec, text));
    check_fails(rsl_point_faults_new(&faults, spec, s->image,
                                     &(struct rsl_activation_source){.graph = &s->model->graph}),
                status, words);
    rsl_fault_spec_free(spec);
}

static void test_where(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t n; /* activations of LeNet-5: conv relu pool conv relu pool flatten (gemm relu)x2
                     gemm */
    } cases[] = {
        {"neuron", 12},
        {"neuron layers=Conv", 2},
        {"neuron layers=Conv,Gemm,!conv1", 4},
        {"neuron layers=0-3", 4},
        {"neuron at=inputs", 11}, /* Flatten reads nothing */
        {"neuron at=inputs layers=Gemm", 3},
        {"neuron layers=fc*", 3},
        {"neuron layers=module.fc*", 3},
    };
    struct subject s = subject_of("lenet5");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct point p = point_of(&s, cases[i].text);
        assert_int_equal(rsl_point_faults_neurons(p.faults), 1);
        const struct rsl_activations *a = rsl_point_faults_activations(p.faults, 0);
        if (a->places.n != cases[i].n) fail_msg("%s: %zu activations", cases[i].text, a->places.n);
        point_free(&p);
    }
    struct point p = point_of(&s, "neuron");
    const struct rsl_activations *a = rsl_point_faults_activations(p.faults, 0);
    assert_string_equal(s.model->graph.values.at[a->places.at[0].value].name, "conv1");
    assert_int_equal(a->sites.at[0].channels, 6);
    assert_int_equal(a->sites.at[0].height, 28);
    assert_int_equal(a->sites.at[0].width, 28);
    assert_int_equal(a->sites.at[11].channels, 10);
    assert_int_equal(a->sites.at[11].height, 1);
    assert_string_equal(rsl_point_faults_sampling(p.faults), "layers");
    point_free(&p);
    /* A number is the name of what is called so before it is a place. */
    struct rsl_node *last = &s.model->graph.nodes.at[s.model->graph.nodes.n - 1];
    last->name = "0";
    p = point_of(&s, "neuron layers=0");
    a = rsl_point_faults_activations(p.faults, 0);
    assert_int_equal(a->places.n, 1);
    assert_int_equal(a->places.at[0].value, last->out[0]);
    point_free(&p);
    check_point(&s, "neuron layers=conv9", RSL_ENOTFOUND, "conv1");
    check_point(&s, "neuron layers=!*", RSL_EARG, "no activation to strike");
    check_point(&s, "neuron:1000000000", RSL_EARG, "1000000000 faults are asked for");
    check_point(&s, "neuron channels=200-210", RSL_EARG, "channels");
    check_point(&s, "ber", RSL_EARG, "a rate is missing");
    check_point(&s, "neuron:rate", RSL_EARG, "a rate is missing");
    subject_free(&s);
}

/* The softmax that ends a network is no site; one inside is. */
static void test_last_softmax(void **state) {
    (void)state;
    struct subject s = subject_of("lenet5");
    struct rsl_graph *g = &s.model->graph;
    int logits = g->outputs.at[0], y = rsl_graph_fresh(g, "y");
    check_ok(rsl_graph_add_node(g, rsl_op_find("", "Softmax"), "end", &logits, 1, &y, 1));
    g->outputs.at[0] = y;
    struct point p = point_of(&s, "neuron");
    assert_int_equal(rsl_point_faults_activations(p.faults, 0)->places.n, 12);
    point_free(&p);
    subject_free(&s);
}

/* ---- drawing ---- */

static void test_functions_of_k(void **state) {
    (void)state;
    struct subject s = subject_of("lenet5");
    struct point p = point_of(&s, "ber:1e-4 + stuck1:count:3 regions=biases + neuron:2 + neuron:2");
    struct rsl_trial *a, *b;
    check_ok(rsl_trial_new(&a, s.image, &s.model->graph));
    check_ok(rsl_trial_new(&b, s.image, &s.model->graph));
    int64_t faults = 0;
    bool models_differ = false;
    for (uint64_t k = 0; k < 20; k++) {
        check_ok(rsl_trial_begin(b, p.faults, 0, 5, 19 - k));
        rsl_trial_end(b);
        check_ok(rsl_trial_begin(a, p.faults, 0, 5, k));
        check_ok(rsl_trial_begin(b, p.faults, 0, 5, k));
        assert_int_equal(a->strike.n_changes, b->strike.n_changes);
        for (size_t i = 0; i < a->strike.n_changes; i++) {
            assert_int_equal(a->strike.changes[i].tensor, b->strike.changes[i].tensor);
            assert_int_equal(a->strike.changes[i].index, b->strike.changes[i].index);
            assert_memory_equal(&a->strike.changes[i].after, &b->strike.changes[i].after, 4);
        }
        assert_int_equal(a->strike.n_hits, 2);
        for (int m = 0; m < 2; m++)
            assert_true(same_hits(a->strike.hits[m].hits, b->strike.hits[m].hits));
        models_differ |= !same_hits(a->strike.hits[0].hits, a->strike.hits[1].hits);
        assert_int_equal(a->faults, b->faults);
        assert_int_equal(a->changed, b->changed);
        assert_int_equal(a->first_node, b->first_node);
        assert_int_equal(a->place.kind, RSL_NOWHERE);
        faults += a->faults;
        rsl_trial_end(a);
        rsl_trial_end(b);
    }
    assert_true(models_differ);
    double expected = 20 * rsl_point_faults_expected(p.faults);
    assert_true(fabs((double)faults - expected) < 5 * sqrt(expected));
    assert_string_equal(rsl_point_faults_sampling(p.faults), "mixed");
    rsl_trial_free(a);
    rsl_trial_free(b);
    point_free(&p);
    subject_free(&s);
}

/* Faults are those drawn, what came of them is `changed`. */
static void test_faults_that_cancel(void **state) {
    (void)state;
    struct subject s = subject_of("lenet5");
    struct point p = point_of(&s, "ber:1 layers=conv1 + ber:1 layers=conv1 + single layers=conv1");
    struct rsl_trial *t;
    check_ok(rsl_trial_new(&t, s.image, &s.model->graph));
    check_ok(rsl_trial_begin(t, p.faults, 0, 1, 0));
    assert_true((double)t->faults == rsl_point_faults_expected(p.faults));
    assert_int_equal(t->changed, 1);
    assert_int_equal(t->place.kind, RSL_NOWHERE); /* of a single fault alone */
    rsl_trial_end(t);
    rsl_trial_free(t);
    point_free(&p);
    subject_free(&s);
}

static void test_place_of_single_faults(void **state) {
    (void)state;
    struct subject s = subject_of("lenet5");
    struct point p = point_of(&s, "single layers=conv2"), q = point_of(&s, "neuron layers=fc2");
    struct rsl_trial *t;
    check_ok(rsl_trial_new(&t, s.image, &s.model->graph));
    for (uint64_t k = 0; k < 30; k++) {
        check_ok(rsl_trial_begin(t, p.faults, 0, 1, k));
        assert_int_equal(t->faults, 1);
        assert_int_equal(t->changed, 1);
        assert_int_equal(t->place.kind, RSL_IN_MEMORY);
        assert_string_equal(s.image->tensors[t->place.number].name, "conv2.weight");
        assert_in_range(t->place.bit, 0, 6);
        assert_in_range(t->place.element, 0, s.image->tensors[t->place.number].count - 1);
        /* One of the three copies of the top bit is voted out: bits 4, 5, 6. */
        assert_int_equal(t->strike.n_changes, t->place.bit < 4);
        assert_int_equal(t->votes.corrected, t->place.bit >= 4);
        const char *first =
            t->first_node == INT_MAX ? NULL : s.model->graph.nodes.at[t->first_node].name;
        if (t->place.bit < 4)
            assert_string_equal(first, "conv2");
        else
            assert_null(first);
        rsl_trial_end(t);
        check_ok(rsl_trial_begin(t, q.faults, 0, 1, k));
        assert_int_equal(t->place.kind, RSL_IN_ACTIVATION);
        assert_in_range(t->place.element, 0, 83);
        assert_string_equal(s.model->graph.nodes.at[t->first_node].name, "fc2");
        rsl_trial_end(t);
    }
    rsl_trial_free(t);
    point_free(&p);
    point_free(&q);
    subject_free(&s);
}

/* The images are brighter and brighter: the scales are those of the last one, also where the model
 * takes fewer at a time. */
static void check_calibration(int64_t batch) {
    enum { N = 3, PIXELS = 28 * 28 };
    struct subject s = subject_of("lenet5");
    struct rsl_decoded network;
    struct point p = point_of(&s, "neuron as=int8 layers=Conv,Relu");
    static float images[N * PIXELS];
    for (int i = 0; i < N * PIXELS; i++)
        images[i] = ((float)(i % 13) / 13 - 0.5F) * (float)(1 + i / PIXELS);
    assert_true(rsl_point_faults_scaled(p.faults));
    check_ok(rsl_decoded_init(&network, &s.model->graph, s.image));
    struct rsl_plan *plan;
    struct rsl_plan_options o = {.batch = N, .threads = 1, .reference = true, .keep = true};
    check_ok(rsl_plan_new(&plan, &network.graph, &o));
    memcpy(rsl_plan_input(plan, 0)->data, images, sizeof images);
    check_ok(rsl_plan_run(plan));
    rsl_graph_set_batch(&network.graph, batch);
    check_ok(rsl_point_faults_calibrate(p.faults, &network.graph, images, N));
    const struct rsl_activations *a = rsl_point_faults_activations(p.faults, 0);
    for (size_t i = 0; i < a->places.n; i++) {
        const char *name = s.model->graph.values.at[a->places.at[i].value].name;
        const struct rsl_tensor *t = rsl_plan_value(plan, name);
        double most = 0;
        for (int64_t k = 0; k < rsl_tensor_count(t); k++)
            most = fmax(most, fabs(rsl_tensor_double(t, k)));
        assert_true(fabs((double)a->sites.at[i].scale * 127 / most - 1) < 1e-5);
    }
    rsl_plan_free(plan);
    rsl_decoded_free(&network);
    point_free(&p);
    subject_free(&s);
}

static void test_calibration(void **state) {
    (void)state;
    check_calibration(-1); /* open */
    check_calibration(1);
    check_calibration(2);
}

/* ---- memory ---- */

static long allocations;

static int count_allocation(size_t size) {
    (void)size;
    allocations++;
    return 1;
}

static void test_trials_allocate_nothing(void **state) {
    (void)state;
    struct subject s = subject_of("lenet5");
    struct point p = point_of(&s, "ber:1e-3 + neuron:1e-5 + neuron:3 pattern=row at=inputs");
    struct rsl_trial *t;
    check_ok(rsl_trial_new(&t, s.image, &s.model->graph));
    for (int round = 0; round < 2; round++) {
        if (round == 1) rsl_alloc_gate = count_allocation;
        for (uint64_t k = 0; k < 50; k++) {
            check_ok(rsl_trial_begin(t, p.faults, 0, 1, k));
            rsl_trial_end(t);
        }
    }
    rsl_alloc_gate = NULL;
    assert_int_equal(allocations, 0);
    rsl_trial_free(t);
    point_free(&p);
    subject_free(&s);
}

static int make_and_draw(void *context) {
    struct subject *s = context;
    struct rsl_fault_spec *spec = NULL;
    struct rsl_point_faults *p = NULL;
    struct rsl_trial *t = NULL;
    int rc = rsl_fault_spec_parse(&spec, "ber:1e-3 + neuron:3 layers=Conv,fc1");
    if (rc == RSL_OK)
        rc = rsl_point_faults_new(&p, spec, s->image,
                                  &(struct rsl_activation_source){.graph = &s->model->graph});
    if (rc == RSL_OK) rc = rsl_trial_new(&t, s->image, &s->model->graph);
    if (rc == RSL_OK) rc = rsl_trial_begin(t, p, 0, 1, 1);
    if (rc == RSL_OK) rsl_trial_end(t);
    rsl_trial_free(t);
    rsl_point_faults_free(p);
    rsl_fault_spec_free(spec);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    struct subject s = subject_of("lenet5");
    assert_true(torture(make_and_draw, &s) > 20);
    subject_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where),
        cmocka_unit_test(test_last_softmax),
        cmocka_unit_test(test_functions_of_k),
        cmocka_unit_test(test_faults_that_cancel),
        cmocka_unit_test(test_place_of_single_faults),
        cmocka_unit_test(test_calibration),
        cmocka_unit_test(test_trials_allocate_nothing),
        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
