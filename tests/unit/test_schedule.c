/* Schedules: every step against PyTorch's schedulers (tests/data/make_schedule.py), what happens at
 * and beyond the ends, and texts that mean nothing. */
#include "check.h"

#include "train/schedule.h"

#include <jansson.h>
#include <math.h>

static double number(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static void close_to(const char *text, size_t step, double got, double want) {
    if (!(fabs(got - want) <= 1e-9 * fabs(want) + 1e-13))
        fail_msg("%s: step %zu gives %.17g, expected %.17g", text, step, got, want);
}

static void run_case(const json_t *c) {
    const char *text = json_string_value(json_object_get(c, "text"));
    const json_t *rates = json_object_get(c, "rates"), *momenta = json_object_get(c, "momenta");
    int64_t per_epoch = (int64_t)number(c, "steps_per_epoch"), total = (int64_t)number(c, "total");
    struct rsl_schedule s;
    check_ok(rsl_schedule_parse(&s, text));
    check_ok(rsl_schedule_check(&s, per_epoch, total));
    assert_int_equal(json_array_size(rates), total);
    for (size_t i = 0; i < (size_t)total; i++) {
        double rate = rsl_schedule_rate(&s, number(c, "peak"), (int64_t)i, per_epoch, total);
        double momentum = -1;
        close_to(text, i, rate, json_number_value(json_array_get(rates, i)));
        bool moves = rsl_schedule_momentum(&s, 0.85, 0.95, (int64_t)i, total, &momentum);
        assert_int_equal(moves, momenta != NULL);
        close_to(text, i, momentum, moves ? json_number_value(json_array_get(momenta, i)) : -1.0);
    }
}

static void test_vectors(void **state) {
    (void)state;
    json_error_t error;
    json_t *cases = json_load_file(TEST_DATA "/schedule.json", 0, &error);
    if (!cases) fail_msg("line %d: %s", error.line, error.text);
    assert_int_equal(json_array_size(cases), 19);
    for (size_t i = 0; i < json_array_size(cases); i++) run_case(json_array_get(cases, i));
    json_decref(cases);
}

static double rate_of(const char *text, int64_t step, int64_t per_epoch, int64_t total) {
    struct rsl_schedule s;
    check_ok(rsl_schedule_parse(&s, text));
    return rsl_schedule_rate(&s, 1, step, per_epoch, total);
}

/* Beyond the last step a schedule stays where it ended. */
static void test_ends(void **state) {
    (void)state;
    assert_true(rate_of("constant", 1000, 5, 10) == 1);
    assert_true(rate_of("cosine:0.25", 10, 5, 10) == 0.25);
    assert_true(rate_of("cosine:0.25", 1000, 5, 10) == 0.25);
    assert_true(rate_of("warmup-cosine:0.5:0.25", 1000, 5, 10) == 0.25);
    assert_true(rate_of("onecycle:0.5:10:100", 9, 5, 10) == 1e-3);
    assert_true(rate_of("onecycle:0.5:10:100", 1000, 5, 10) == 1e-3);
    assert_true(rate_of("onecycle:0.25", 0, 4, 4) == 1); /* the rise has no length: PyTorch fails */
    assert_true(rate_of("step:1i:0", 0, 5, 10) == 1);
    assert_true(rate_of("step:1i:0", 1, 5, 10) == 0);
    assert_true(rate_of("warmup-cosine:0", 0, 5, 10) == 1);
    assert_true(rate_of("warmup-cosine:1i:0.5", 0, 5, 10) == 0.5);
    assert_true(rate_of("warmup-cosine:1i:0.5", 1, 5, 10) == 1);
    assert_true(rate_of("cosine", 0, 1, 1) == 1);
}

/* The peak is met and never exceeded, also where the warm-up is no whole number of steps. */
static void test_warmup_peak(void **state) {
    (void)state;
    for (int64_t total = 2; total < 60; total++) {
        double most = 0;
        for (int64_t t = 0; t < total; t++)
            most = fmax(most, rate_of("warmup-cosine:0.3", t, 5, total));
        assert_true(most == 1);
    }
}

static void test_names(void **state) {
    (void)state;
    size_t n = 0;
    for (const char *name; (name = rsl_schedule_name(n)) != NULL; n++)
        assert_memory_equal(rsl_schedule_form(n), name, strlen(name));
    assert_int_equal(n, 5);
    assert_null(rsl_schedule_form(n));
}

static void refuse(const char *text, int status, const char *words) {
    struct rsl_schedule s;
    check_fails(rsl_schedule_parse(&s, text), status, words);
}

static void test_refused(void **state) {
    (void)state;
    refuse("cosin:0.1", RSL_ENOTFOUND,
           "there is no schedule 'cosin', did you mean cosine? There are constant, step, cosine, "
           "warmup-cosine, onecycle");
    refuse("", RSL_ENOTFOUND, "no schedule ''");
    refuse("steps", RSL_ENOTFOUND, "did you mean step?");
    refuse("constant:1", RSL_EARG, "schedule 'constant:1' (constant): ':1' is too much");
    refuse("step", RSL_EARG,
           "schedule 'step' (step:K[,K...][:GAMMA], K epochs or Ki iterations): "
           "K is missing");
    const char *const times[] = {"step:",    "step:x",    "step:-1", "step:+1",
                                 "step:1.5", "step:1,",   "step:,1", "step:1,,2",
                                 "step:3ii", "step:0x10", "step: 1"};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        refuse(times[i], RSL_EARG, "is neither a number of epochs nor, as in 200i, of iterations");
    refuse("step:0", RSL_EARG, "0 is no time after the start");
    refuse("step:2,2", RSL_EARG, "do not rise: 2 after 2");
    refuse("step:1i,2", RSL_EARG, "are mixed");
    refuse("step:99999999999999999999", RSL_EARG, "beyond any training");
    refuse("step:1000000001", RSL_EARG, "beyond any training");
    refuse(
        "step:1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,"
        "31,32,33",
        RSL_EARG, "more than 32 milestones");
    refuse("step:3:", RSL_EARG, "the factor is '', which is no number");
    refuse("step:3:-1", RSL_EARG, "the factor is -1, it must be from 0 to");
    refuse("step:3:nan", RSL_EARG, "the factor is 'nan', which is no number");
    refuse("step:3:0.1:2", RSL_EARG, "':2' is too much");
    const char *const numbers[] = {"cosine:inf",   "cosine:0x1p-3", "cosine: 0.1", "cosine:1e",
                                   "cosine:1e999", "cosine:.",      "cosine:0,1"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        refuse(numbers[i], RSL_EARG, "which is no number");
    refuse("cosine:2", RSL_EARG, "schedule 'cosine:2' (cosine[:FLOOR]): the floor is 2, it must");
    refuse("warmup-cosine", RSL_EARG, "W is missing");
    refuse("warmup-cosine:1.5", RSL_EARG, "the warm-up is '1.5'; it is a fraction below 1");
    refuse("warmup-cosine:-0.1", RSL_EARG, "the warm-up is '-0.1'");
    refuse("warmup-cosine:1i,2i", RSL_EARG, "the warm-up is '1i,2i'");
    refuse("onecycle:1.1", RSL_EARG, "the rising part is 1.1");
    refuse("onecycle:0.3:0", RSL_EARG, "the first divisor is 0");
    refuse("onecycle:0.3:25:x", RSL_EARG, "the last divisor is 'x'");
}

/* A text longer than every buffer on the way. */
static void test_long_texts(void **state) {
    (void)state;
    static const char *const starts[] = {"", "step:", "step:3:", "cosine:", "warmup-cosine:"};
    static char text[20000];
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        memset(text, '1', sizeof text - 1);
        memcpy(text, starts[i], strlen(starts[i]));
        refuse(text, i == 0 ? RSL_ENOTFOUND : RSL_EARG, i == 0 ? "no schedule" : "is too long");
    }
}

static void test_too_short(void **state) {
    (void)state;
    struct rsl_schedule s;
    check_ok(rsl_schedule_parse(&s, "warmup-cosine:500i"));
    check_ok(rsl_schedule_check(&s, 10, 501));
    check_fails(rsl_schedule_check(&s, 10, 500), RSL_EARG,
                "warms up for 500 iterations, and the training has only 500");
    check_ok(rsl_schedule_parse(&s, "warmup-cosine:5"));
    check_fails(rsl_schedule_check(&s, 10, 40), RSL_EARG, "warms up for 50 iterations");
    check_ok(rsl_schedule_check(&s, 10, 60));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),     cmocka_unit_test(test_ends),
        cmocka_unit_test(test_warmup_peak), cmocka_unit_test(test_names),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_too_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
