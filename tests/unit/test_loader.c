/* The loader: what it gives is what one would make by hand, wherever it starts and however deep it
 * is; its failures cross the thread with their sentence; it stops at any moment. */
#define _POSIX_C_SOURCE 200809L
#include "torture.h"

#include "base/clock.h"
#include "data/data.h"
#include "data/loader.h"
#include "data/order.h"
#include "data/prepare.h"

#include <stdatomic.h>
#include <time.h>

enum { COUNT = 23, BATCH = 5, BATCHES = 4, SIDE = 6, SIZE = SIDE * SIDE };

/* ---- sets made for the purpose ---- */

static int64_t broken = -1; /* the image that cannot be read */
static atomic_long slow_us; /* how long an image takes */
static atomic_long reads;

static void pause_us(long us) {
    nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

static int label_of(const struct rsl_data *d, int64_t i) {
    return (int)(i % d->classes);
}

static int read_image(const struct rsl_data *d, int64_t i, uint8_t *pixels) {
    (void)d;
    atomic_fetch_add(&reads, 1);
    if (atomic_load(&slow_us)) pause_us(atomic_load(&slow_us));
    if (i == broken) return rsl_fail(RSL_EIO, "the disk is gone at %d%%", 50);
    for (int k = 0; k < SIZE; k++) pixels[k] = (uint8_t)(i * 7 + k);
    return RSL_OK;
}

/* Widths from 3 to 7, heights from 4 to 6; three channels. */
static int decode_image(const struct rsl_data *d, int64_t i, struct rsl_image *image) {
    (void)d;
    RSL_TRY(rsl_image_new(image, 3 + (int)(i % 5), 4 + (int)(i % 3), 3));
    for (int k = 0; k < image->width * image->height * 3; k++)
        image->pixels[k] = (uint8_t)(i * 11 + k * 3);
    return RSL_OK;
}

static const struct rsl_data_type fixed_type = {
    .name = "fixed", .label = label_of, .read = read_image};
static const struct rsl_data_type varying_type = {
    .name = "varying", .label = label_of, .decode = decode_image};

static const struct rsl_data fixed = {.type = &fixed_type,
                                      .count = COUNT,
                                      .classes = 10,
                                      .channels = 1,
                                      .height = SIDE,
                                      .width = SIDE};
static const struct rsl_data varying = {
    .type = &varying_type, .count = COUNT, .classes = 10, .channels = 3};

static struct rsl_preprocess *plain, *resized; /* resized: 8x8, with a mean */
static struct rsl_augment augmentation;

static struct rsl_loader_options usual(void) {
    return (struct rsl_loader_options){
        .batch = BATCH, .seed = 3, .augment = &augmentation, .shuffle = true};
}

static struct rsl_loader *opened(const struct rsl_data *d, const struct rsl_preprocess *p,
                                 const struct rsl_loader_options *o) {
    struct rsl_loader *l;
    check_ok(rsl_loader_new(&l, d, p, o));
    return l;
}

static int open_and_use(void *context) {
    const struct rsl_loader_options o = usual();
    struct rsl_loader *l;
    RSL_TRY(rsl_loader_new(&l, context, plain, &o));
    const float *images;
    const int *labels;
    int rc = rsl_loader_next(l, &images, &labels, NULL, NULL);
    rsl_loader_free(l);
    return rc;
}

/* ---- what it gives ---- */

static void test_plain_batches_are_the_sets(void **state) {
    (void)state;
    const struct rsl_loader_options o = {.batch = BATCH};
    struct rsl_loader *l = opened(&fixed, plain, &o);
    assert_int_equal(rsl_loader_batches(l), BATCHES);
    for (int n = 0; n < 3 * BATCHES; n++) {
        const float *images;
        const int *labels;
        int64_t epoch, batch;
        float expected[BATCH * SIZE];
        int expected_labels[BATCH];
        check_ok(rsl_loader_next(l, &images, &labels, &epoch, &batch));
        assert_int_equal(epoch, n / BATCHES);
        assert_int_equal(batch, n % BATCHES);
        check_ok(rsl_data_batch(&fixed, plain, batch * BATCH, BATCH, expected, expected_labels));
        assert_memory_equal(images, expected, sizeof expected);
        assert_memory_equal(labels, expected_labels, sizeof expected_labels);
    }
    rsl_loader_free(l);
}

/* Batch by batch as documented: order, augmentation at the image's own size, preprocessing. */
static void check_shuffled(const struct rsl_data *d, const struct rsl_preprocess *p) {
    const struct rsl_loader_options o = usual();
    struct rsl_loader *l = opened(d, p, &o);
    struct rsl_prepare r;
    check_ok(rsl_prepare_init(&r, d, p, &augmentation, o.seed));
    size_t size = (size_t)(r.shape[0] * r.shape[1] * r.shape[2]);
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        int64_t order[COUNT];
        rsl_order_shuffle(o.seed, epoch, COUNT, order);
        for (int64_t b = 0; b < BATCHES; b++) {
            const float *images;
            const int *labels;
            check_ok(rsl_loader_next(l, &images, &labels, NULL, NULL));
            for (int64_t k = 0; k < BATCH; k++) {
                float expected[3 * 64];
                int64_t i = order[b * BATCH + k];
                check_ok(rsl_prepare_image(&r, epoch, i, expected));
                assert_memory_equal(images + (size_t)k * size, expected, size * sizeof(float));
                assert_int_equal(labels[k], rsl_data_label(d, i));
            }
        }
    }
    rsl_prepare_close(&r);
    rsl_loader_free(l);
}

/* A drawn set is drawn once per image, and gives the same. */
static void test_keeps_drawn_images(void **state) {
    (void)state;
    static const struct rsl_data_type drawn_type = {
        .name = "drawn", .drawn = true, .label = label_of, .read = read_image};
    struct rsl_data drawn = fixed;
    drawn.type = &drawn_type;
    check_shuffled(&drawn, plain);
    check_shuffled(&drawn, resized);
    struct rsl_loader_options o = usual();
    o.limit = 2 * BATCH;
    o.depth = 1;
    atomic_store(&reads, 0);
    struct rsl_loader *l = opened(&drawn, plain, &o);
    for (int n = 0; n < 12; n++) {
        const float *images;
        const int *labels;
        check_ok(rsl_loader_next(l, &images, &labels, NULL, NULL));
    }
    rsl_loader_free(l);
    assert_int_equal(atomic_load(&reads), 2 * BATCH);
    assert_true(torture(open_and_use, &drawn) >= 14);
}

static void test_shuffled_and_augmented(void **state) {
    (void)state;
    check_shuffled(&fixed, plain);
    check_shuffled(&fixed, resized);
    check_shuffled(&varying, resized);
}

/* Augmentation of an image that is resized later: by hand from the bytes. */
static void test_augments_before_resizing(void **state) {
    (void)state;
    struct rsl_prepare r;
    check_ok(rsl_prepare_init(&r, &varying, resized, &augmentation, 3));
    for (int64_t i = 0; i < COUNT; i++) {
        struct rsl_image image, scaled;
        check_ok(decode_image(&varying, i, &image));
        int shape[3] = {3, image.height, image.width};
        size_t area = (size_t)(image.height * image.width);
        uint8_t planes[3 * 42], spare[3 * 42];
        rsl_pixels_to_planes(image.pixels, planes, area, 3);
        const uint8_t *result = rsl_augment_apply(&augmentation, 3, 1, i, shape, planes, spare);
        rsl_planes_to_pixels(result, image.pixels, area, 3);
        check_ok(rsl_resize(&image, 8, 8, RSL_BILINEAR, &scaled));
        float out[3 * 64];
        check_ok(rsl_prepare_image(&r, 1, i, out));
        for (int k = 0; k < 3 * 64; k++)
            assert_true(out[k] == (float)scaled.pixels[k % 64 * 3 + k / 64] - 100);
        rsl_image_free(&image);
        rsl_image_free(&scaled);
    }
    rsl_prepare_close(&r);
}

/* Each epoch gives 20 of the 23 images once, not always the same ones. */
static void test_an_epoch_repeats_nothing(void **state) {
    (void)state;
    struct rsl_loader_options o = usual();
    o.augment = NULL;
    struct rsl_loader *l = opened(&fixed, plain, &o);
    int total[256] = {0}, all = 0;
    for (int epoch = 0; epoch < 10; epoch++) {
        int seen[256] = {0};
        for (int b = 0; b < BATCHES; b++) {
            const float *images;
            const int *labels;
            check_ok(rsl_loader_next(l, &images, &labels, NULL, NULL));
            for (int k = 0; k < BATCH; k++) {
                int first = (int)images[k * SIZE];
                assert_int_equal(seen[first]++, 0);
                total[first]++;
            }
        }
    }
    for (int k = 0; k < 256; k++) all += total[k] > 0;
    assert_int_equal(all, COUNT);
    rsl_loader_free(l);
}

/* ---- resuming ---- */

enum { TOTAL = 3 * BATCHES };

static float uninterrupted[TOTAL][BATCH * SIZE];
static int uninterrupted_labels[TOTAL][BATCH];

static void check_from(int start, int depth) {
    struct rsl_loader_options o = usual();
    o.first_epoch = start / BATCHES;
    o.first_batch = start % BATCHES;
    o.depth = depth;
    struct rsl_loader *l = opened(&fixed, plain, &o);
    for (int n = start; n < TOTAL; n++) {
        const float *images;
        const int *labels;
        int64_t epoch, batch;
        check_ok(rsl_loader_next(l, &images, &labels, &epoch, &batch));
        assert_int_equal(epoch * BATCHES + batch, n);
        assert_memory_equal(images, uninterrupted[n], sizeof uninterrupted[n]);
        assert_memory_equal(labels, uninterrupted_labels[n], sizeof uninterrupted_labels[n]);
    }
    rsl_loader_free(l);
}

static void test_resumes_anywhere(void **state) {
    (void)state;
    struct rsl_loader_options o = usual();
    struct rsl_loader *l = opened(&fixed, plain, &o);
    for (int n = 0; n < TOTAL; n++) {
        const float *images;
        const int *labels;
        check_ok(rsl_loader_next(l, &images, &labels, NULL, NULL));
        memcpy(uninterrupted[n], images, sizeof uninterrupted[n]);
        memcpy(uninterrupted_labels[n], labels, sizeof uninterrupted_labels[n]);
    }
    rsl_loader_free(l);
    for (int start = 0; start < TOTAL; start++) check_from(start, 1 + start % 5);
}

/* The batch after an epoch's last one is the next epoch's first. */
static void test_resumes_at_the_end_of_an_epoch(void **state) {
    (void)state;
    struct rsl_loader_options o = usual();
    o.first_epoch = 4;
    o.first_batch = BATCHES;
    struct rsl_loader *l = opened(&fixed, plain, &o);
    const float *images;
    const int *labels;
    int64_t epoch, batch;
    check_ok(rsl_loader_next(l, &images, &labels, &epoch, &batch));
    assert_true(epoch == 5 && batch == 0);
    rsl_loader_free(l);
}

/* ---- two threads ---- */

/* What was given is not written while it is held, however long. */
static void test_a_batch_stays_until_the_next_call(void **state) {
    (void)state;
    struct rsl_loader_options o = usual();
    for (o.depth = 1; o.depth <= 4; o.depth++) {
        struct rsl_loader *l = opened(&fixed, plain, &o);
        for (int n = 0; n < 6; n++) {
            const float *images;
            const int *labels;
            float copy[BATCH * SIZE];
            check_ok(rsl_loader_next(l, &images, &labels, NULL, NULL));
            memcpy(copy, images, sizeof copy);
            pause_us(3000);
            assert_memory_equal(images, copy, sizeof copy);
        }
        rsl_loader_free(l);
    }
}

/* It works ahead by `depth` batches and no further. */
static void test_depth(void **state) {
    (void)state;
    struct rsl_loader_options o = usual();
    o.depth = 2;
    atomic_store(&reads, 0);
    struct rsl_loader *l = opened(&fixed, plain, &o);
    for (int tries = 0; tries < 5000 && atomic_load(&reads) < 2 * BATCH; tries++) pause_us(1000);
    pause_us(20000);
    assert_int_equal(atomic_load(&reads), 2 * BATCH);
    const float *images;
    const int *labels;
    check_ok(rsl_loader_next(l, &images, &labels, NULL, NULL));
    check_ok(rsl_loader_next(l, &images, &labels, NULL, NULL));
    for (int tries = 0; tries < 5000 && atomic_load(&reads) < 4 * BATCH; tries++) pause_us(1000);
    pause_us(20000);
    assert_int_equal(atomic_load(&reads), 4 * BATCH);
    rsl_loader_free(l);
}

static void test_failure_crosses_the_thread(void **state) {
    (void)state;
    const struct rsl_loader_options o = {.batch = BATCH};
    broken = 2 * BATCH + 1;
    struct rsl_loader *l = opened(&fixed, plain, &o);
    const float *images;
    const int *labels;
    pause_us(20000); /* it has failed before the first call: two good batches come all the same */
    for (int n = 0; n < 2; n++) check_ok(rsl_loader_next(l, &images, &labels, NULL, NULL));
    for (int n = 0; n < 3; n++) {
        (void)rsl_fail(RSL_EARG, "something else");
        check_fails(rsl_loader_next(l, &images, &labels, NULL, NULL), RSL_EIO,
                    "fixed: image 11: the disk is gone at 50%");
    }
    rsl_loader_free(l);
    broken = -1;
}

/* Pictures that turn out too small are the varying sets' failure. */
static void test_failure_of_preprocessing(void **state) {
    (void)state;
    const struct rsl_loader_options o = {.batch = BATCH};
    struct rsl_preprocess *crop;
    check_ok(rsl_preprocess_new(&crop, NULL, &(struct rsl_preprocess_options){.crop = "6"}));
    struct rsl_loader *l = opened(&varying, crop, &o);
    const float *images;
    const int *labels;
    check_fails(rsl_loader_next(l, &images, &labels, NULL, NULL), RSL_EMISMATCH,
                "varying: image 0: is 4x3, a crop of 6x6 does not fit");
    rsl_loader_free(l);
    rsl_preprocess_free(crop);
}

/* Freed while it reads, while it waits for a place, before it began, after a failure. */
static void test_stops_at_any_moment(void **state) {
    (void)state;
    struct rsl_loader_options o = usual();
    for (int k = 0; k < 60; k++) {
        struct rsl_loader *l = opened(k % 3 ? &fixed : &varying, resized, &o);
        const float *images;
        const int *labels;
        for (int n = 0; n < k % 4; n++) check_ok(rsl_loader_next(l, &images, &labels, NULL, NULL));
        if (k % 5) pause_us(100L * (k % 7));
        rsl_loader_free(l);
    }
    rsl_loader_free(NULL);
}

/* It does not finish the batch: one image takes 50 ms, a batch a second. */
static void test_stops_at_once(void **state) {
    (void)state;
    const struct rsl_loader_options o = {.batch = 20};
    atomic_store(&slow_us, 50000);
    struct rsl_loader *l = opened(&fixed, plain, &o);
    pause_us(5000);
    double before = rsl_clock();
    rsl_loader_free(l);
    assert_true(rsl_clock() - before < 0.5);
    atomic_store(&slow_us, 0);
}

static void test_two_loaders_at_once(void **state) {
    (void)state;
    struct rsl_loader_options o = usual();
    struct rsl_loader *a = opened(&fixed, plain, &o), *b = opened(&fixed, plain, &o);
    for (int n = 0; n < 30; n++) {
        const float *images[2];
        const int *labels[2];
        check_ok(rsl_loader_next(a, &images[0], &labels[0], NULL, NULL));
        check_ok(rsl_loader_next(b, &images[1], &labels[1], NULL, NULL));
        assert_memory_equal(images[0], images[1], BATCH * SIZE * sizeof(float));
        assert_memory_equal(labels[0], labels[1], BATCH * sizeof(int));
    }
    rsl_loader_free(a);
    rsl_loader_free(b);
}

/* ---- refusals ---- */

static void test_refuses(void **state) {
    (void)state;
    static const struct {
        struct rsl_loader_options o;
        const char *words;
    } bad[] = {
        {{.batch = 0}, "batches of 0 images"},
        {{.batch = -4}, "batches of -4 images"},
        {{.batch = 24}, "a batch of 24 images is larger than the 23 images used"},
        {{.batch = 6, .limit = 5}, "a batch of 6 images is larger than the 5 images used"},
        {{.batch = INT64_MAX}, "larger than the 23"},
        {{.batch = 5, .limit = 24}, "the first 24 images were asked for, there are 23"},
        {{.batch = 5, .limit = -1}, "the first -1 images"},
        {{.batch = 5, .first_batch = 5}, "epoch 0, batch 5; an epoch has 4 batches"},
        {{.batch = 5, .first_batch = -1}, "batch -1"},
        {{.batch = 5, .first_epoch = -1}, "epoch -1"},
        {{.batch = 5, .first_epoch = INT64_MAX}, "epoch 9223372036854775807"},
        {{.batch = 5, .depth = -1}, "-1 batches ahead"},
        {{.batch = 5, .depth = 65}, "65 batches ahead"},
    };
    struct rsl_loader *l;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        check_fails(rsl_loader_new(&l, &fixed, plain, &bad[k].o), RSL_EARG, bad[k].words);
        assert_null(l);
    }
    struct rsl_data empty = fixed;
    empty.count = 0;
    struct rsl_loader_options o = usual();
    check_fails(rsl_loader_new(&l, &empty, plain, &o), RSL_EARG, "fixed: the set is empty");
    check_fails(rsl_loader_new(&l, &varying, plain, &o), RSL_EMISMATCH, "differ in size");
}

/* More memory than there is: a sentence, nothing else. */
static void test_refuses_too_much(void **state) {
    (void)state;
    struct rsl_data *d;
    const struct rsl_data_options many = {.count = (int64_t)1 << 40};
    check_ok(rsl_data_open(&d, "synth-signs", &many));
    struct rsl_loader *l;
    struct rsl_loader_options o = {.batch = (int64_t)1 << 40};
    check_fails(rsl_loader_new(&l, d, plain, &o), RSL_ENOMEM, "out of memory");
    rsl_data_close(d);
}

static void test_torture(void **state) {
    (void)state;
    struct rsl_data d = fixed;
    assert_true(torture(open_and_use, &d) >= 12);
}

static int prepare_all(void *context) {
    struct rsl_prepare r;
    float out[3 * 64];
    RSL_TRY(rsl_prepare_init(&r, context, resized, &augmentation, 0));
    int rc = RSL_OK;
    for (int64_t i = 0; i < 3 && rc == RSL_OK; i++) rc = rsl_prepare_image(&r, 0, i, out);
    rsl_prepare_close(&r);
    return rc;
}

static void test_torture_of_prepare(void **state) {
    (void)state;
    struct rsl_data d = fixed;
    assert_true(torture(prepare_all, &d) > 10);
    d = varying;
    assert_true(torture(prepare_all, &d) > 10);
}

static int make(void **state) {
    (void)state;
    const struct rsl_preprocess_options bytes = {.scale = "1"};
    const struct rsl_preprocess_options eight = {.scale = "1", .mean = "100", .resize = "8x8"};
    check_ok(rsl_preprocess_new(&plain, NULL, &bytes));
    check_ok(rsl_preprocess_new(&resized, NULL, &eight));
    check_ok(rsl_augment_parse(&augmentation, "crop:1,flip,affine:10:0.1,cutout:2"));
    return 0;
}

static int unmake(void **state) {
    (void)state;
    rsl_preprocess_free(plain);
    rsl_preprocess_free(resized);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_batches_are_the_sets),
        cmocka_unit_test(test_shuffled_and_augmented),
        cmocka_unit_test(test_keeps_drawn_images),
        cmocka_unit_test(test_augments_before_resizing),
        cmocka_unit_test(test_an_epoch_repeats_nothing),
        cmocka_unit_test(test_resumes_anywhere),
        cmocka_unit_test(test_resumes_at_the_end_of_an_epoch),
        cmocka_unit_test(test_a_batch_stays_until_the_next_call),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_failure_crosses_the_thread),
        cmocka_unit_test(test_failure_of_preprocessing),
        cmocka_unit_test(test_stops_at_any_moment),
        cmocka_unit_test(test_stops_at_once),
        cmocka_unit_test(test_two_loaders_at_once),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_refuses_too_much),
        cmocka_unit_test(test_torture),
        cmocka_unit_test(test_torture_of_prepare),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
