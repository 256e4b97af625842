/* Optimizers: twenty steps of each against PyTorch (tests/data/make_optimizer.py), the same bits on
 * any number of threads and after a restart, refused settings, refused memory. */
#include "torture.h"

#include "train/optimizer.h"

#include <jansson.h>
#include <math.h>
#include <omp.h>

/* ---- vectors ---- */

enum { MOST = 32, TENSORS = 3 };

/* The small set of parameters of the file: gradient = slope (value - target) + wave / 4. */
static struct {
    float value[TENSORS][MOST], gradient[TENSORS][MOST], target[TENSORS][MOST],
        slope[TENSORS][MOST];
    struct rsl_trained trained[TENSORS];
} set;

static void read_floats(const json_t *from, float *to) {
    size_t n = json_array_size(from);
    assert_in_range(n, 1, MOST);
    for (size_t i = 0; i < n; i++) to[i] = (float)json_number_value(json_array_get(from, i));
}

static void make_set(const json_t *parameters) {
    assert_int_equal(json_array_size(parameters), TENSORS);
    for (size_t k = 0; k < TENSORS; k++) {
        const json_t *p = json_array_get(parameters, k);
        read_floats(json_object_get(p, "start"), set.value[k]);
        read_floats(json_object_get(p, "target"), set.target[k]);
        read_floats(json_object_get(p, "slope"), set.slope[k]);
        set.trained[k] = (struct rsl_trained){
            .name = json_string_value(json_object_get(p, "name")),
            .value = set.value[k],
            .gradient = set.gradient[k],
            .count = (int64_t)json_array_size(json_object_get(p, "start")),
            .decay = json_is_true(json_object_get(p, "decay")),
        };
    }
}

static void make_gradients(double wave) {
    for (size_t k = 0; k < TENSORS; k++)
        for (int64_t i = 0; i < set.trained[k].count; i++) {
            float slope = set.slope[k][i] * (set.value[k][i] - set.target[k][i]);
            set.gradient[k][i] = slope + (float)(0.25 * wave);
        }
}

static double number(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static struct rsl_optimizer_options read_options(const json_t *j) {
    return (struct rsl_optimizer_options){
        .name = json_string_value(json_object_get(j, "name")),
        .momentum = number(j, "momentum"),
        .nesterov = json_is_true(json_object_get(j, "nesterov")),
        .dampening = number(j, "dampening"),
        .weight_decay = number(j, "weight_decay"),
        .decoupled = json_is_true(json_object_get(j, "decoupled")),
        .beta1 = number(j, "beta1"),
        .beta2 = number(j, "beta2"),
        .epsilon = number(j, "epsilon"),
    };
}

static void compare(const char *options, int64_t step, const json_t *values) {
    for (size_t k = 0; k < TENSORS; k++) {
        const json_t *want = json_object_get(values, set.trained[k].name);
        assert_int_equal(json_array_size(want), set.trained[k].count);
        for (int64_t i = 0; i < set.trained[k].count; i++) {
            double w = json_number_value(json_array_get(want, (size_t)i));
            double got = (double)set.value[k][i];
            if (!(fabs(got - w) <= 1e-6 * fmax(fabs(w), 0.25)))
                fail_msg("%s: %s[%d] after step %d is %.9g, expected %.9g", options,
                         set.trained[k].name, (int)i, (int)step, got, w);
        }
    }
}

static void run_case(const json_t *file, const json_t *c) {
    const json_t *kept = json_object_get(file, "kept");
    struct rsl_optimizer *o;
    char *text = json_dumps(json_object_get(c, "options"), JSON_COMPACT);
    struct rsl_optimizer_options options = read_options(json_object_get(c, "options"));
    make_set(json_object_get(file, "parameters"));
    check_ok(rsl_optimizer_new(&o, &options, set.trained, TENSORS));
    for (size_t step = 0, k = 0; k < json_array_size(kept); step++) {
        make_gradients(json_number_value(json_array_get(json_object_get(file, "wave"), step % 4)));
        double rate = json_number_value(json_array_get(json_object_get(file, "rates"), step));
        check_ok(rsl_optimizer_step(o, number(c, "rate") * rate, number(c, "scale")));
        int64_t done = rsl_optimizer_steps(o);
        if (done != json_integer_value(json_array_get(kept, k))) continue;
        compare(text, done, json_array_get(json_object_get(c, "values"), k++));
    }
    assert_int_equal(rsl_optimizer_steps(o), 20);
    rsl_optimizer_free(o);
    free(text);
}

static void test_vectors(void **state) {
    (void)state;
    json_error_t error;
    json_t *file = json_load_file(TEST_DATA "/optimizer.json", 0, &error);
    if (!file) fail_msg("line %d: %s", error.line, error.text);
    const json_t *cases = json_object_get(file, "cases");
    assert_int_equal(json_array_size(cases), 14);
    for (size_t i = 0; i < json_array_size(cases); i++) run_case(file, json_array_get(cases, i));
    json_decref(file);
}

/* ---- large tensors ---- */

/* Several pieces, one element more than a piece, one, none, and nothing round. */
static const int64_t sizes[] = {5 * RSL_PIECE + 77, RSL_PIECE + 1, 1, 0, 1000};

enum { LARGE = sizeof sizes / sizeof *sizes, ALL = 6 * RSL_PIECE + 1079 };

struct large {
    float *value, *gradient; /* [ALL] */
    struct rsl_trained trained[LARGE];
};

/* Value and gradient of element i: plain functions of i, both signs. */
static void large_new(struct large *l) {
    l->value = rsl_malloc(ALL * sizeof(float));
    l->gradient = rsl_malloc(ALL * sizeof(float));
    for (int64_t k = 0, first = 0; k < LARGE; first += sizes[k++])
        l->trained[k] = (struct rsl_trained){.name = (const char *[]){"a", "b", "c", "d", "e"}[k],
                                             .value = l->value + first,
                                             .gradient = l->gradient + first,
                                             .count = sizes[k],
                                             .decay = k % 2 == 0};
    for (int64_t i = 0; i < ALL; i++) {
        l->value[i] = (float)(i % 1013 - 500) / 300.0F;
        l->gradient[i] = (float)(i % 701 - 340) / 900.0F;
    }
}

static void large_free(struct large *l) {
    rsl_free(l->value);
    rsl_free(l->gradient);
}

static const struct rsl_optimizer_options kinds[] = {
    {.name = "sgd", .weight_decay = 0.01},
    {.name = "sgd", .momentum = 0.9, .nesterov = true, .weight_decay = 0.01, .decoupled = true},
    {.name = "adam", .weight_decay = 0.01},
    {.name = "adamw", .weight_decay = 0.01},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static void steps(struct rsl_optimizer *o, int n) {
    for (int i = 0; i < n; i++) check_ok(rsl_optimizer_step(o, 0.01 / (i + 1), 0.7));
}

static void test_threads(void **state) {
    (void)state;
    int threads = omp_get_max_threads();
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct large l[2];
        struct rsl_optimizer *o[2];
        for (int k = 0; k < 2; k++) {
            large_new(&l[k]);
            check_ok(rsl_optimizer_new(&o[k], &kinds[kind], l[k].trained, LARGE));
            omp_set_num_threads(k == 0 ? 1 : 3);
            steps(o[k], 3);
        }
        assert_memory_equal(l[0].value, l[1].value, ALL * sizeof(float));
        for (size_t s = 0; s < rsl_optimizer_states(o[0]); s++) {
            struct rsl_optimizer_state a = rsl_optimizer_state(o[0], s);
            struct rsl_optimizer_state b = rsl_optimizer_state(o[1], s);
            assert_memory_equal(a.value, b.value, (size_t)a.count * sizeof(float));
        }
        for (int k = 0; k < 2; k++) {
            rsl_optimizer_free(o[k]);
            large_free(&l[k]);
        }
    }
    omp_set_num_threads(threads);
}

/* Every element is visited exactly once, wherever the pieces end. */
static void test_pieces(void **state) {
    (void)state;
    struct large l;
    struct rsl_optimizer *o;
    large_new(&l);
    check_ok(rsl_optimizer_new(&o, &(struct rsl_optimizer_options){0}, l.trained, LARGE));
    check_ok(rsl_optimizer_step(o, 0.5, 1));
    for (int64_t i = 0; i < ALL; i++) {
        float value = (float)(i % 1013 - 500) / 300.0F;
        assert_true(l.value[i] == value - 0.5F * ((float)(i % 701 - 340) / 900.0F));
    }
    rsl_optimizer_free(o);
    large_free(&l);
}

/* A batch holds 256 pieces; more and smaller tensors than that need several. */
static void test_many_tensors(void **state) {
    (void)state;
    enum { N = 600 };
    static float value[N], gradient[N];
    static struct rsl_trained trained[N];
    struct rsl_optimizer *o;
    for (int i = 0; i < N; i++) {
        value[i] = 0;
        gradient[i] = (float)i;
        trained[i] = (struct rsl_trained){"x", &value[i], &gradient[i], 1, true};
    }
    check_ok(rsl_optimizer_new(&o, &(struct rsl_optimizer_options){.momentum = 0.5}, trained, N));
    assert_int_equal(rsl_optimizer_states(o), N);
    check_ok(rsl_optimizer_step(o, 2, 1));
    for (int i = 0; i < N; i++) assert_true(value[i] == -2.0F * (float)i);
    rsl_optimizer_free(o);
}

/* ---- state ---- */

/* Four steps at once, and two, a fresh optimizer with the state copied, two more: the same bits. */
static void test_restart(void **state) {
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct large l[2];
        struct rsl_optimizer *whole, *before, *after;
        large_new(&l[0]);
        large_new(&l[1]);
        check_ok(rsl_optimizer_new(&whole, &kinds[kind], l[0].trained, LARGE));
        check_ok(rsl_optimizer_new(&before, &kinds[kind], l[1].trained, LARGE));
        check_ok(rsl_optimizer_new(&after, &kinds[kind], l[1].trained, LARGE));
        steps(whole, 2);
        steps(whole, 2);
        steps(before, 2);
        for (size_t s = 0; s < rsl_optimizer_states(before); s++) {
            struct rsl_optimizer_state from = rsl_optimizer_state(before, s);
            struct rsl_optimizer_state to = rsl_optimizer_state(after, s);
            assert_string_equal(from.name, to.name);
            assert_int_equal(from.count, to.count);
            memcpy(to.value, from.value, (size_t)from.count * sizeof(float));
        }
        check_ok(rsl_optimizer_set_steps(after, rsl_optimizer_steps(before)));
        steps(after, 2);
        assert_int_equal(rsl_optimizer_steps(after), 4);
        assert_memory_equal(l[0].value, l[1].value, ALL * sizeof(float));
        rsl_optimizer_free(whole);
        rsl_optimizer_free(before);
        rsl_optimizer_free(after);
        large_free(&l[0]);
        large_free(&l[1]);
    }
}

static void expect_states(const struct rsl_optimizer_options *options, size_t n,
                          const char *const names[]) {
    struct large l;
    struct rsl_optimizer *o;
    large_new(&l);
    check_ok(rsl_optimizer_new(&o, options, l.trained, LARGE));
    assert_int_equal(rsl_optimizer_states(o), n);
    for (size_t i = 0; i < n; i++) {
        struct rsl_optimizer_state s = rsl_optimizer_state(o, i);
        assert_string_equal(s.name, names[i]);
        assert_int_equal(s.parameter, i * LARGE / n);
        assert_int_equal(s.count, sizes[s.parameter]);
        assert_int_equal((uintptr_t)s.value % RSL_ALIGN, 0);
        for (int64_t e = 0; e < s.count; e++) assert_true(s.value[e] == 0);
    }
    rsl_optimizer_free(o);
    large_free(&l);
}

static void test_states(void **state) {
    (void)state;
    const char *const momentum[] = {"momentum.a", "momentum.b", "momentum.c", "momentum.d",
                                    "momentum.e"};
    const char *const moments[] = {"exp_avg.a", "exp_avg_sq.a", "exp_avg.b", "exp_avg_sq.b",
                                   "exp_avg.c", "exp_avg_sq.c", "exp_avg.d", "exp_avg_sq.d",
                                   "exp_avg.e", "exp_avg_sq.e"};
    expect_states(&(struct rsl_optimizer_options){.name = NULL}, 0, NULL);
    expect_states(&(struct rsl_optimizer_options){.name = "sgd", .momentum = 0.5}, 5, momentum);
    expect_states(&(struct rsl_optimizer_options){.name = "adam"}, 10, moments);
    expect_states(&(struct rsl_optimizer_options){.name = "adamw"}, 10, moments);
}

static void test_momentum_cycle(void **state) {
    (void)state;
    float value = 0, gradient = 1;
    struct rsl_trained one = {"w", &value, &gradient, 1, true};
    struct rsl_optimizer *o;
    check_ok(rsl_optimizer_new(&o, &(struct rsl_optimizer_options){.momentum = 0.5}, &one, 1));
    check_ok(rsl_optimizer_step(o, 1, 1)); /* b = 1 */
    check_ok(rsl_optimizer_set_momentum(o, 0.25));
    check_ok(rsl_optimizer_step(o, 1, 1)); /* b = 0.25 + 1 */
    assert_true(value == -2.25F);
    check_fails(rsl_optimizer_set_momentum(o, 1), RSL_EARG, "momentum is 1, it must be at least 0");
    check_fails(rsl_optimizer_set_momentum(o, (double)NAN), RSL_EARG, "momentum is nan");
    rsl_optimizer_free(o);
    check_ok(rsl_optimizer_new(&o, &(struct rsl_optimizer_options){0}, &one, 1));
    check_fails(rsl_optimizer_set_momentum(o, 0.9), RSL_EARG, "was made without momentum");
    rsl_optimizer_free(o);
    check_ok(rsl_optimizer_new(&o, &(struct rsl_optimizer_options){.name = "adam"}, &one, 1));
    check_ok(rsl_optimizer_set_momentum(o, 0.85)); /* beta1: m / (1 - 0.85) is the gradient */
    value = 0;
    check_ok(rsl_optimizer_step(o, 0.5, 1));
    assert_true(fabs((double)value + 0.5) < 1e-6);
    rsl_optimizer_free(o);
}

/* ---- refusals ---- */

static void refuse(struct rsl_optimizer_options options, int status, const char *words) {
    float value = 0, gradient = 1;
    struct rsl_trained one = {"w", &value, &gradient, 1, true};
    struct rsl_optimizer *o;
    check_fails(rsl_optimizer_new(&o, &options, &one, 1), status, words);
    assert_null(o);
}

#define REFUSE(words, ...) refuse((struct rsl_optimizer_options){__VA_ARGS__}, RSL_EARG, words)

static void test_refused_options(void **state) {
    (void)state;
    const double nan = (double)NAN, inf = (double)INFINITY;
    refuse((struct rsl_optimizer_options){.name = "adamv"}, RSL_ENOTFOUND,
           "there is no optimizer 'adamv', did you mean adam? There are sgd, adam, adamw");
    refuse((struct rsl_optimizer_options){.name = ""}, RSL_ENOTFOUND, "no optimizer ''");
    REFUSE("'sgd': momentum is 1, it must be at least 0 and below 1", .momentum = 1);
    REFUSE("momentum is -0.1", .momentum = -0.1);
    REFUSE("momentum is nan", .momentum = nan);
    REFUSE("nesterov needs a momentum", .nesterov = true);
    REFUSE("nesterov needs a dampening of 0, not 0.1", .momentum = 0.9, .nesterov = true,
           .dampening = 0.1);
    REFUSE("dampening is 2", .momentum = 0.9, .dampening = 2);
    REFUSE("dampening is nan", .momentum = 0.9, .dampening = nan);
    REFUSE("dampening 0.5 without momentum", .dampening = 0.5);
    REFUSE("'sgd' has no beta1", .beta2 = 0.9);
    REFUSE("'adam': weight decay is -1", .name = "adam", .weight_decay = -1);
    REFUSE("weight decay is nan", .weight_decay = nan);
    REFUSE("weight decay is inf", .weight_decay = inf);
    REFUSE("is called adamw", .name = "adam", .decoupled = true);
    REFUSE("'adamw': beta1 is 1", .name = "adamw", .beta1 = 1);
    REFUSE("'adam': beta2 is nan", .name = "adam", .beta2 = nan);
    REFUSE("epsilon is -1e-08", .name = "adam", .epsilon = -1e-8);
    REFUSE("epsilon is 1e-60", .name = "adam", .epsilon = 1e-60);
    REFUSE("epsilon is inf", .name = "adam", .epsilon = inf);
    REFUSE("'adam' has no momentum", .name = "adam", .momentum = 0.9);
    REFUSE("'adamw' has no momentum", .name = "adamw", .nesterov = true);
    struct rsl_optimizer *o;
    check_fails(rsl_optimizer_new(&o, &(struct rsl_optimizer_options){0}, NULL, 0), RSL_EARG,
                "no parameters to train");
}

static void test_refused_steps(void **state) {
    (void)state;
    float value = 3, gradient = 1;
    struct rsl_trained one = {"w", &value, &gradient, 1, true};
    struct rsl_optimizer *o;
    check_ok(rsl_optimizer_new(&o, &(struct rsl_optimizer_options){.name = "adam"}, &one, 1));
    const double rates[] = {-0.1, (double)NAN, (double)INFINITY, 1e300};
    for (int i = 0; i < 4; i++)
        check_fails(rsl_optimizer_step(o, rates[i], 1), RSL_EARG, "step 1: the learning rate is");
    check_fails(rsl_optimizer_step(o, 1, (double)NAN), RSL_EARG, "scale is nan");
    check_fails(rsl_optimizer_step(o, 1, 1e300), RSL_EARG, "scale is 1e+300");
    check_fails(rsl_optimizer_set_steps(o, -3), RSL_EARG, "cannot have done -3 steps");
    check_fails(rsl_optimizer_set_steps(o, INT64_MAX), RSL_EARG, "cannot have done");
    assert_int_equal(rsl_optimizer_steps(o), 0);
    assert_true(value == 3);
    check_ok(rsl_optimizer_step(o, 0, 1));
    assert_true(value == 3);
    rsl_optimizer_free(o);
}

/* Counts whose state no machine holds are refused before any arithmetic overflows. */
static void test_absurd_sizes(void **state) {
    (void)state;
    const int64_t counts[] = {INT64_MAX, INT64_MAX / 4, INT64_MAX / 16};
    struct rsl_optimizer *o;
    for (int i = 0; i < 3; i++) {
        struct rsl_trained many[4];
        for (int k = 0; k < 4; k++)
            many[k] = (struct rsl_trained){"w", NULL, NULL, counts[i], true};
        check_fails(rsl_optimizer_new(&o, &kinds[2], many, 4), RSL_ENOMEM, "out of memory");
    }
}

static int make_and_free(void *options) {
    float value[3] = {0}, gradient[3] = {1, 2, 3};
    const struct rsl_trained two[] = {{"v", value, gradient, 2, true},
                                      {"w", value + 2, gradient + 2, 1, false}};
    struct rsl_optimizer *o;
    int rc = rsl_optimizer_new(&o, options, two, 2);
    if (rc == RSL_OK) rc = rsl_optimizer_step(o, 0.1, 1);
    rsl_optimizer_free(o);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct rsl_optimizer_options options = kinds[kind];
        assert_true(torture(make_and_free, &options) >= 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_pieces),         cmocka_unit_test(test_many_tensors),
        cmocka_unit_test(test_restart),        cmocka_unit_test(test_states),
        cmocka_unit_test(test_momentum_cycle), cmocka_unit_test(test_refused_options),
        cmocka_unit_test(test_refused_steps),  cmocka_unit_test(test_absurd_sizes),
        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
