/* The drawn road signs: the same bytes everywhere, balanced labels, splits that share nothing. */
#include "check.h"

#include "base/sha256.h"
#include "resile/data.h"

#include <pthread.h>

enum { SIZE = 3 * 32 * 32, N = 64 };

static struct rsl_data *open_set(const char *split, uint64_t seed, int64_t count) {
    struct rsl_data *d;
    const struct rsl_data_options options = {.split = split, .seed = seed, .count = count};
    check_ok(rsl_data_open(&d, "synth-signs", &options));
    return d;
}

/* If this fails, trained models and published numbers no longer belong to the images: do not
 * change the drawing without renaming the set. */
static void test_pinned_bytes(void **state) {
    (void)state;
    static uint8_t pixels[N * SIZE];
    int labels[N];
    struct rsl_data *d = open_set("test", 1, N);
    check_ok(rsl_data_read(d, 0, N, pixels, labels));
    struct rsl_sha256 s;
    char hex[65];
    rsl_sha256_init(&s);
    rsl_sha256_add(&s, pixels, sizeof pixels);
    for (int i = 0; i < N; i++) rsl_sha256_add(&s, &(uint8_t){(uint8_t)labels[i]}, 1);
    rsl_sha256_hex(&s, hex);
    assert_string_equal(hex, "c6544023068626c766409c44585a50c399dffd8ef3b3e7d34486f42d36c1bba4");
    rsl_data_close(d);
}

static void test_what_is_known(void **state) {
    (void)state;
    struct rsl_data *d = open_set(NULL, 0, 0);
    assert_int_equal(rsl_data_count(d), 10000);
    assert_int_equal(rsl_data_classes(d), 43);
    assert_string_equal(rsl_data_name(d), "synth-signs");
    assert_string_equal(rsl_data_class_name(d, 14), "stop");
    assert_int_equal(rsl_data_supers(d), 6);
    assert_string_equal(rsl_data_super_name(d, rsl_data_super_of(d, 14)), "priority");
    assert_string_equal(rsl_data_super_name(d, rsl_data_super_of(d, 8)), "regulatory-speed");
    rsl_data_close(d);
    const struct rsl_data_options bad = {.count = -1};
    check_fails(rsl_data_open(&d, "synth-signs", &bad), RSL_EARG, "-1 images");
    d = open_set("train", 0, (int64_t)1 << 40);
    uint8_t pixels[SIZE];
    check_ok(rsl_data_read(d, ((int64_t)1 << 40) - 1, 1, pixels, NULL));
    rsl_data_close(d);
}

static void test_labels_are_balanced(void **state) {
    (void)state;
    struct rsl_data *d = open_set("train", 3, 430);
    int seen[43] = {0}, in_order = 0;
    for (int i = 0; i < 430; i++) {
        int label = rsl_data_label(d, i);
        assert_in_range(label, 0, 42);
        assert_int_equal(seen[label]++, i / 43);
        in_order += label == i % 43;
    }
    assert_true(in_order < 100);
    rsl_data_close(d);
}

static int64_t difference(const uint8_t *a, const uint8_t *b) {
    int64_t sum = 0;
    for (int k = 0; k < SIZE; k++) sum += a[k] > b[k] ? a[k] - b[k] : b[k] - a[k];
    return sum;
}

/* No image of one stream resembles one of another: a mean of at least 4 grey levels apart. */
static void test_streams_are_disjoint(void **state) {
    (void)state;
    static uint8_t pixels[3 * N * SIZE];
    struct rsl_data *d[3] = {open_set("test", 1, N), open_set("train", 1, N),
                             open_set("test", 2, N)};
    for (int k = 0; k < 3; k++) check_ok(rsl_data_read(d[k], 0, N, pixels + k * N * SIZE, NULL));
    for (int a = 0; a < 3 * N; a++)
        for (int b = 0; b < a; b++)
            assert_true(difference(pixels + a * SIZE, pixels + b * SIZE) > 4 * SIZE);
    for (int k = 0; k < 3; k++) rsl_data_close(d[k]);
}

struct reader {
    struct rsl_data *data;
    const uint8_t *expected;
    int wrong;
};

static void *read_backwards(void *context) {
    struct reader *r = context;
    uint8_t pixels[SIZE];
    for (int i = N - 1; i >= 0; i--) {
        r->wrong += rsl_data_read(r->data, i, 1, pixels, NULL) < 0;
        r->wrong += memcmp(pixels, r->expected + (size_t)i * SIZE, SIZE) != 0;
    }
    return NULL;
}

static void test_order_and_threads_do_not_matter(void **state) {
    (void)state;
    static uint8_t pixels[N * SIZE];
    struct rsl_data *d = open_set("test", 9, 1000);
    check_ok(rsl_data_read(d, 0, N, pixels, NULL));
    pthread_t threads[4];
    struct reader readers[4];
    for (int t = 0; t < 4; t++) {
        readers[t] = (struct reader){d, pixels, 0};
        assert_int_equal(pthread_create(&threads[t], NULL, read_backwards, &readers[t]), 0);
    }
    for (int t = 0; t < 4; t++) {
        pthread_join(threads[t], NULL);
        assert_int_equal(readers[t].wrong, 0);
    }
    rsl_data_close(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pinned_bytes),
        cmocka_unit_test(test_what_is_known),
        cmocka_unit_test(test_labels_are_balanced),
        cmocka_unit_test(test_streams_are_disjoint),
        cmocka_unit_test(test_order_and_threads_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
