/* Whole trainings on a few drawn road signs: the same bits whether interrupted, killed or not and
 * whatever the threads; checkpoints, logs and options that are refused. */
#include "check.h"

#include "base/file.h"
#include "base/philox.h"
#include "base/sha256.h"
#include "data/data.h"
#include "graph/model.h"
#include "memory/stored.h"
#include "resile/eval.h"
#include "resile/log.h"
#include "resile/train.h"
#include "train/recipe.h"
#include "train/settings.h"
#include "zoo/builder.h"

#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IMAGES = 72, BATCH = 12, STEPS = IMAGES / BATCH, EPOCHS = 2, SEED = 9 };

static char folder[64], checkpoint[128], log_path[128];
static struct rsl_data *train_data, *test_data;

static char said[512]; /* last in the log */

static void on_log(void *context, int level, const char *message) {
    (void)context, (void)level;
    snprintf(said, sizeof said, "%s", message);
}

static int setup(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "train-test-%d", (int)getpid());
    snprintf(checkpoint, sizeof checkpoint, "%s/c.safetensors", folder);
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    mkdir(folder, 0755);
    rsl_log_set(on_log, NULL);
    struct rsl_data_options o = {.split = "train", .seed = 1, .count = IMAGES};
    check_ok(rsl_data_open(&train_data, "synth-signs", &o));
    o = (struct rsl_data_options){.split = "test", .seed = 1, .count = 20};
    check_ok(rsl_data_open(&test_data, "synth-signs", &o));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    rsl_data_close(train_data);
    rsl_data_close(test_data);
    unlink(checkpoint);
    unlink(log_path);
    rmdir(folder);
    return 0;
}

/* Two convolutions with normalization on 3x8x8. */
static struct rsl_model *network(int64_t classes, int64_t channels) {
    struct rsl_model *m = rsl_model_new();
    const struct rsl_shape shape = {4, {-1, 3, 8, 8}};
    assert_non_null(m);
    struct rsl_net n = {.graph = &m->graph, .arch = "test", .weights = true, .seed = 3};
    int input = rsl_graph_add_input(n.graph, "input", RSL_f32, &shape);
    n.input = (struct rsl_feature){input, false, 3, 8, 8};
    struct rsl_feature x = rsl_net_conv(&n, "conv1", n.input, rsl_conv(channels, 3, 1, 1));
    x = rsl_net_max_pool(&n, rsl_net_relu(&n, rsl_net_batch_norm(&n, "bn1", x)), 2, 2, 0);
    x = rsl_net_conv(&n, "conv2", x, rsl_conv(channels, 3, 1, 1));
    x = rsl_net_relu(&n, rsl_net_batch_norm(&n, "bn2", x));
    rsl_net_output(&n, rsl_net_linear(&n, "fc", rsl_net_flatten(&n, x), classes));
    check_ok(n.status);
    check_ok(rsl_graph_check(n.graph));
    return m;
}

static struct rsl_model *fresh(void) {
    return network(43, 8);
}

/* SHA-256 of all constants. */
static void hash(const struct rsl_model *m, char hex[65]) {
    struct rsl_sha256 s;
    rsl_sha256_init(&s);
    for (size_t v = 0; v < m->graph.values.n; v++) {
        const struct rsl_value *x = &m->graph.values.at[v];
        if (x->kind == RSL_VALUE_CONSTANT)
            rsl_sha256_add(&s, x->tensor.data, rsl_tensor_bytes(&x->tensor));
    }
    rsl_sha256_hex(&s, hex);
}

/* A progress function that stops after one step of the training, and counts. */
struct stop {
    int64_t at; /* 0: never */
    int64_t calls, epochs_done, last_step;
};

static int on_progress(void *context, const struct rsl_train_progress *p) {
    struct stop *s = context;
    s->calls++;
    s->epochs_done += p->epoch_done;
    assert_true(p->epoch >= 0 && p->epoch < p->epochs);
    assert_true(p->step >= s->last_step && p->step <= p->steps);
    assert_true(isfinite(p->loss) && p->accuracy >= 0 && p->accuracy <= 100 && p->rate >= 0);
    assert_true(!p->epoch_done || isfinite(p->test_loss));
    s->last_step = p->step;
    return s->at > 0 && p->step == s->at;
}

/* Three kinds of training, whose state is of different kinds. */
static struct rsl_train_options kind(int i) {
    struct rsl_train_options o = {.epochs = EPOCHS, .batch = BATCH, .seed = SEED, .threads = 2};
    if (i == 1) {
        o.optimizer = "adamw";
        o.qat = "affine4";
        o.ber = 0.01;
        o.accumulate = 2;
        o.passes = 3;
        o.weight_clip = 0.5;
        o.augment = "crop:2,affine:10:0.1:0.9-1.1,cutout:4";
    }
    if (i == 2) {
        o.momentum = "0";
        o.nesterov = -1;
        o.schedule = "step:3i:0.5";
        o.clip = 0.5;
        o.frozen = "conv2,bn1";
        o.compute = "f32-winograd";
        o.label_smoothing = "0";
    }
    return o;
}

/* Trains a fresh network; its hash. Returns the status. */
static int train(const struct rsl_train_options *o, char hex[65]) {
    struct rsl_model *m = fresh();
    struct rsl_train_result r;
    int rc = rsl_train(m, train_data, test_data, o, &r);
    hash(m, hex);
    rsl_model_free(m);
    return rc;
}

static void copy(const char *from, const char *to) {
    struct rsl_file f;
    check_ok(rsl_file_open(&f, from));
    check_ok(rsl_file_write(to, f.data, f.size));
    rsl_file_close(&f);
}

static int log_lines(void) {
    struct rsl_file f;
    int lines = 0;
    char first[32];
    check_ok(rsl_file_open(&f, log_path));
    for (size_t i = 0; i < f.size; i++) {
        if (i > 0 && f.data[i - 1] != '\n') continue;
        snprintf(first, sizeof first, "{\"epoch\":%d,", ++lines);
        assert_true(f.size - i > strlen(first));
        assert_memory_equal(f.data + i, first, strlen(first));
    }
    assert_true(f.size == 0 || f.data[f.size - 1] == '\n');
    rsl_file_close(&f);
    return lines;
}

/* ---- the same bits ---- */

static void same_seed_same_weights(void **state) {
    (void)state;
    char a[65], b[65], c[65];
    struct rsl_train_options o = kind(0);
    struct rsl_train_result r;
    struct rsl_model *m = fresh();
    check_ok(rsl_train(m, train_data, test_data, &o, &r));
    hash(m, a);
    rsl_model_free(m);
    assert_int_equal(r.epochs, EPOCHS);
    assert_int_equal(r.steps, EPOCHS * STEPS);
    assert_int_equal(r.images, IMAGES);
    assert_true(isfinite(r.loss) && isfinite(r.test_loss) && r.images_per_second > 0);
    check_ok(train(&o, b));
    o.seed++;
    check_ok(train(&o, c));
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
}

static void without_test_set(void **state) {
    (void)state;
    struct rsl_train_options o = kind(0);
    struct rsl_train_result r;
    struct rsl_model *m = fresh();
    o.epochs = 1;
    check_ok(rsl_train(m, train_data, NULL, &o, &r));
    assert_true(isnan(r.top1) && isnan(r.test_loss));
    rsl_model_free(m);
}

static void threads_change_nothing_when_deterministic(void **state) {
    (void)state;
    char first[65], other[65];
    struct rsl_train_options o = kind(1);
    o.deterministic = 1;
    for (o.threads = 1; o.threads <= 3; o.threads++) {
        check_ok(train(&o, o.threads == 1 ? first : other));
        if (o.threads > 1) assert_string_equal(first, other);
    }
}

static void interrupted_anywhere(void **state) {
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct rsl_train_options o = kind(k);
        char want[65], got[65];
        int64_t steps = EPOCHS * STEPS / (o.accumulate ? o.accumulate : 1), per_epoch = steps / 2;
        const int64_t stops[] = {1, per_epoch - 1, per_epoch, per_epoch + 1, steps - 1};
        check_ok(train(&o, want));
        o.checkpoint = checkpoint;
        o.log = log_path;
        o.progress = on_progress;
        for (int i = 0; i < 5; i++) {
            struct stop stop = {.at = stops[i]};
            unlink(checkpoint);
            unlink(log_path);
            o.resume = 1; /* there is nothing yet */
            o.context = &stop;
            check_fails(train(&o, got), RSL_EINTERRUPTED, "stopped after step");
            assert_int_equal(stop.last_step, stops[i]);
            assert_int_equal(log_lines(), stops[i] > per_epoch); /* evaluation is cut short */
            stop = (struct stop){0};
            check_ok(train(&o, got));
            if (strcmp(want, got) != 0)
                fail_msg("kind %d stopped after step %d: other weights", k, (int)stops[i]);
            assert_int_equal(log_lines(), EPOCHS);
            assert_int_equal(stop.last_step, steps);
        }
        /* A finished training has nothing to go on with, and stays as it is. */
        check_ok(train(&o, got));
        assert_string_equal(want, got);
        assert_int_equal(log_lines(), EPOCHS);
    }
}

/* Stops in the evaluation of the first epoch, not at its last step. */
static int in_evaluation(void *context, const struct rsl_train_progress *p) {
    int64_t *at_the_end = context;
    return p->step == STEPS && ++*at_the_end == 2;
}

static int unreadable(const struct rsl_data *d, int64_t i, uint8_t *pixels) {
    (void)d, (void)i, (void)pixels;
    return rsl_fail(RSL_EIO, "the picture is gone");
}

/* The steps of an epoch are not lost when its evaluation does not end. */
static void evaluations_that_do_not_end(void **state) {
    (void)state;
    char want[65], got[65];
    struct rsl_train_result r;
    for (int broken = 0; broken < 2; broken++) {
        struct rsl_train_options o = kind(0);
        o.accumulate = broken ? 4 : 1; /* the second: batches are left when the epoch is over */
        check_ok(train(&o, want));
        o.checkpoint = checkpoint;
        o.log = log_path;
        struct rsl_data test = *test_data;
        struct rsl_data_type type = *test.type;
        int64_t at_the_end = 0;
        struct rsl_model *m = fresh();
        test.type = &type;
        if (broken) type.read = unreadable;
        unlink(checkpoint);
        unlink(log_path);
        o.progress = broken ? NULL : in_evaluation;
        o.context = &at_the_end;
        int rc = rsl_train(m, train_data, &test, &o, &r);
        if (broken)
            check_fails(rc, RSL_EIO, "the picture is gone");
        else
            check_fails(rc, RSL_EINTERRUPTED, "stopped after step 6 of 12");
        rsl_model_free(m);
        assert_int_equal(log_lines(), 0);
        o.progress = NULL;
        o.resume = 1;
        check_ok(train(&o, got));
        assert_string_equal(want, got);
        assert_int_equal(log_lines(), EPOCHS);
    }
    unlink(checkpoint);
    unlink(log_path);
}

/* Nothing to go on from: a log of epochs is not thrown away unasked. */
static void a_log_without_its_checkpoint(void **state) {
    (void)state;
    char hex[65];
    struct rsl_train_options o = kind(0);
    o.epochs = 1;
    o.checkpoint = checkpoint;
    o.log = log_path;
    unlink(checkpoint);
    check_ok(train(&o, hex));
    unlink(checkpoint);
    o.resume = 1;
    check_fails(train(&o, hex), RSL_EARG, "there is no checkpoint");
    assert_int_equal(log_lines(), 1);
    o.resume = 0;
    check_ok(train(&o, hex));
    assert_int_equal(log_lines(), 1);
    unlink(checkpoint);
    unlink(log_path);
}

/* kill -9 leaves the checkpoint of the last epoch, a log that is ahead of it, and half a line. */
static void resumed_from_an_epoch(void **state) {
    (void)state;
    char want[65], got[65], kept[140];
    struct rsl_train_options o = kind(1);
    struct stop stop = {.at = STEPS / 2};
    snprintf(kept, sizeof kept, "%s.kept", checkpoint);
    o.checkpoint = checkpoint;
    o.restart = 1;
    o.log = log_path;
    o.progress = on_progress;
    o.context = &stop;
    assert_int_equal(train(&o, got), RSL_EINTERRUPTED);
    copy(checkpoint, kept);
    o.progress = NULL;
    o.restart = 0;
    o.resume = 1;
    check_ok(train(&o, want));
    FILE *f = fopen(log_path, "a");
    assert_non_null(f);
    fputs("{\"epoch\":3,\"st", f);
    fclose(f);
    copy(kept, checkpoint);
    check_ok(train(&o, got));
    assert_string_equal(want, got);
    assert_int_equal(log_lines(), EPOCHS);
    unlink(kept);
}

/* ---- checkpoints that do not fit ---- */

/* Resuming from the file fails, changes neither model nor file, and the sentence has the words. */
static void check_refused(struct rsl_train_options o, int status, const char *words) {
    char before[65], after[65];
    struct rsl_model *m = fresh();
    struct rsl_train_result r;
    struct rsl_file f, g;
    check_ok(rsl_file_open(&f, checkpoint));
    uint8_t *bytes = malloc(f.size + 1);
    memcpy(bytes, f.data, f.size);
    size_t size = f.size;
    rsl_file_close(&f);
    hash(m, before);
    o.resume = 1;
    o.checkpoint = checkpoint;
    int rc = rsl_train(m, train_data, test_data, &o, &r);
    if (rc >= 0) fail_msg("accepted, not refused with '...%s...'", words);
    if (status) check_fails(rc, status, words);
    assert_true(rsl_errmsg()[0] != 0 && strstr(rsl_errmsg(), words));
    hash(m, after);
    assert_string_equal(before, after);
    check_ok(rsl_file_open(&g, checkpoint));
    assert_true(g.size == size && memcmp(g.data, bytes, size) == 0);
    rsl_file_close(&g);
    free(bytes);
    rsl_model_free(m);
}

/* A checkpoint in the middle of the first epoch. */
static void write_checkpoint(const struct rsl_train_options *options) {
    char hex[65];
    struct rsl_train_options o = *options;
    struct stop stop = {.at = 2};
    unlink(checkpoint);
    o.checkpoint = checkpoint;
    o.progress = on_progress;
    o.context = &stop;
    assert_int_equal(train(&o, hex), RSL_EINTERRUPTED);
}

static void damaged_checkpoints(void **state) {
    (void)state;
    struct rsl_train_options o = kind(0);
    struct rsl_file f;
    o.reference = 0;
    write_checkpoint(&o);
    check_ok(rsl_file_open(&f, checkpoint));
    size_t size = f.size;
    uint8_t *whole = malloc(size);
    memcpy(whole, f.data, size);
    rsl_file_close(&f);
    const size_t lengths[] = {0, 7, 8, 100, size / 2, size - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        check_ok(rsl_file_write(checkpoint, whole, lengths[i]));
        check_refused(o, 0, checkpoint);
    }
    struct rsl_rng r = rsl_rng(5, 6);
    uint64_t header = 0;
    memcpy(&header, whole, 8); /* little endian, as the machines the tests run on */
    for (int i = 0; i < 40; i++) {
        /* Every second one in the header, which is a small part of the file. */
        size_t at =
            i % 2 ? 8 + (size_t)rsl_rng_below(&r, header - 64) : (size_t)rsl_rng_below(&r, size);
        uint8_t bit = (uint8_t)(1 << rsl_rng_below(&r, 8));
        whole[at] ^= bit;
        check_ok(rsl_file_write(checkpoint, whole, size));
        check_refused(o, 0, checkpoint);
        whole[at] ^= bit;
    }
    check_ok(rsl_file_write(checkpoint, whole, size));
    char hex[65];
    o.resume = 1;
    o.checkpoint = checkpoint;
    check_ok(train(&o, hex)); /* the undamaged one is accepted */
    free(whole);
}

static void checkpoints_of_something_else(void **state) {
    (void)state;
    struct rsl_train_options o = kind(0);
    write_checkpoint(&o);
    struct rsl_train_options p = o;
#define REFUSED(field, value, words) \
    p = o;                           \
    p.field = value;                 \
    check_refused(p, RSL_EMISMATCH, words)
    REFUSED(seed, 10, "seed 9, this training has 10");
    REFUSED(epochs, 3, "epochs 2, this training has 3");
    REFUSED(batch, 8, "batch 12, this training has 8");
    REFUSED(accumulate, 2, "accumulate 1");
    REFUSED(passes, 2, "passes 1, this training has 2");
    REFUSED(learning_rate, 0.5, "learning rate 0.1");
    REFUSED(schedule, "constant", "schedule onecycle");
    REFUSED(momentum, "0.8", "momentum");
    REFUSED(weight_decay, "0", "weight decay");
    REFUSED(decoupled, 1, "decoupled 0, this training has 1");
    REFUSED(decay, "weights", "decay of all, this training has weights");
    REFUSED(label_smoothing, "0", "label smoothing");
    REFUSED(augment, "none", "augmentation crop:2, this training has none");
    REFUSED(clip, 1, "clip 0");
    REFUSED(weight_clip, 1, "weight clip 0");
    REFUSED(images, 60, "images 0");
    REFUSED(loss, "mean-square", "loss cross-entropy, this training has mean-square");
    REFUSED(penalties, "fc*:l2:0.1", "penalties none");
    REFUSED(compute, "f32-winograd", "compute f32, this training has f32-winograd");
    REFUSED(reference, 1, "compute f32, this training has reference");
    const struct rsl_preprocess_options mean = {.mean = "0.25"};
    REFUSED(preprocess, &mean, "input mean");
    /* These also have other tensors. */
    REFUSED(optimizer, "adam", "another network");
    REFUSED(frozen, "conv1", "another network");
    REFUSED(nesterov, -1, "nesterov");
    REFUSED(qat, "symmetric8", "quantization none");
#undef REFUSED
    /* What may differ: threads. */
    char hex[65];
    p = o;
    p.threads = 1;
    p.resume = 1;
    p.checkpoint = checkpoint;
    check_ok(train(&p, hex));
    struct rsl_model *other;
    struct rsl_train_result r;
    other = network(43, 9);
    check_fails(rsl_train(other, train_data, test_data, &p, &r), RSL_EMISMATCH, "another network");
    rsl_model_free(other);
    check_ok(rsl_file_write(checkpoint, "no tensors", 10));
    check_refused(o, 0, checkpoint);
}

/* The same sizes, but other pictures; the same names, but another frozen layer. */
static void checkpoints_of_other_data_or_layers(void **state) {
    (void)state;
    struct rsl_train_options o = kind(2);
    struct rsl_train_result r;
    struct rsl_data *other;
    const struct rsl_data_options set = {.split = "train", .seed = 2, .count = IMAGES};
    write_checkpoint(&o);
    o.resume = 1;
    o.checkpoint = checkpoint;
    struct rsl_model *m = fresh();
    check_ok(rsl_data_open(&other, "synth-signs", &set));
    check_fails(rsl_train(m, other, NULL, &o, &r), RSL_EMISMATCH, "made with other classes");
    rsl_data_close(other);
    rsl_model_free(m);
    m = fresh();
    int v = rsl_graph_find(&m->graph, "conv2.weight");
    ((float *)m->graph.values.at[v].tensor.data)[0] += 1;
    check_fails(rsl_train(m, train_data, NULL, &o, &r), RSL_EMISMATCH, "frozen parameters");
    rsl_model_free(m);
    m = fresh();
    v = rsl_graph_find(&m->graph, "fc.weight"); /* trained: the checkpoint has it */
    ((float *)m->graph.values.at[v].tensor.data)[0] += 1;
    check_ok(rsl_train(m, train_data, NULL, &o, &r));
    rsl_model_free(m);
    unlink(checkpoint);
}

/* Checkpoints of earlier versions say less. */
static void settings_without_the_younger_lines(void **state) {
    (void)state;
    struct rsl_train_options o = kind(0);
    struct rsl_train_settings s;
    struct rsl_model *m = fresh();
    char text[4096] = "";
    check_ok(rsl_train_settings(&s, &o, m, train_data));
    for (const char *line = s.text.at; *line; line += strcspn(line, "\n") + 1) {
        static const char *const younger[] = {
            "classes=", "pictures=", "decoupled=", "decay of=", "betas=", "epsilon=", "passes="};
        bool old = true;
        for (int i = 0; i < 7; i++) old = old && strncmp(line, younger[i], strlen(younger[i])) != 0;
        if (old) strncat(text, line, strcspn(line, "\n") + 1);
    }
    check_ok(rsl_train_settings_same(&s, text));
    check_fails(rsl_train_settings_same(&s, strchr(text, '\n') + 1), RSL_EMISMATCH, "data unknown");
    rsl_train_settings_free(&s);
    o.decay = "weights";
    check_ok(rsl_train_settings(&s, &o, m, train_data));
    check_fails(rsl_train_settings_same(&s, text), RSL_EMISMATCH, "decay of unknown");
    rsl_train_settings_free(&s);
    rsl_model_free(m);
}

/* A new training replaces what has ended, not what can go on, unless it is told to. */
static void unfinished_checkpoints_stay(void **state) {
    (void)state;
    char hex[65];
    struct rsl_train_options o = kind(0);
    write_checkpoint(&o);
    o.checkpoint = checkpoint;
    for (int epochs = 1; epochs <= 2; epochs++) {
        o.epochs = epochs;
        check_fails(train(&o, hex), RSL_EARG, "step 2, in epoch 1 of 2: --resume goes on");
    }
    o.resume = o.restart = 1;
    check_fails(train(&o, hex), RSL_EARG, "either");
    o.resume = 0;
    check_ok(train(&o, hex));
    o.restart = 0;
    check_ok(train(&o, hex));
    check_ok(rsl_file_write(checkpoint, "notes", 5));
    check_fails(train(&o, hex), RSL_EARG, "no checkpoint of a training");
    o.restart = 1;
    check_fails(train(&o, hex), RSL_EARG, "no checkpoint of a training");
    unlink(checkpoint);
}

static void places_that_cannot_be_written(void **state) {
    (void)state;
    char before[65], after[65];
    const char *const places[] = {"/nonexistent/c.safetensors", folder};
    struct rsl_model *m = fresh();
    struct rsl_train_result r;
    hash(m, before);
    for (int i = 0; i < 4; i++) {
        struct rsl_train_options o = kind(0);
        o.checkpoint = i < 2 ? places[i] : NULL;
        o.log = i < 2 ? NULL : places[i - 2];
        check_fails(rsl_train(m, train_data, test_data, &o, &r), RSL_EIO, places[i % 2]);
        hash(m, after);
        assert_string_equal(before, after);
        if (i < 2) {
            o.resume = 1;
            assert_true(rsl_train(m, train_data, test_data, &o, &r) < 0);
            assert_true(strstr(rsl_errmsg(), places[i]));
        }
    }
    rsl_model_free(m);
}

/* With a schedule that knows no end, a training that has ended goes on to more epochs. */
static void more_epochs(void **state) {
    (void)state;
    char want[65], got[65];
    struct rsl_train_options o = kind(2);
    check_ok(train(&o, want));
    o.checkpoint = checkpoint;
    unlink(checkpoint);
    o.epochs = 1;
    check_ok(train(&o, got));
    o.resume = 1;
    o.epochs = EPOCHS;
    check_ok(train(&o, got));
    assert_string_equal(want, got);
    o.schedule = "cosine";
    o.resume = 0;
    check_ok(train(&o, got));
    o.resume = 1;
    o.epochs++;
    check_fails(train(&o, got), RSL_EMISMATCH, "schedule depends on them");
    unlink(checkpoint);
}

/* ---- what the trained model says of itself ---- */

static void meta_is(const struct rsl_model *m, const char *key, const char *want) {
    const char *have = rsl_model_meta(m, key);
    if (!want != !have || (want && strcmp(want, have) != 0))
        fail_msg("%s is '%s' instead of '%s'", key, have ? have : "", want ? want : "");
}

/* The model alone gives what the training measured, however its input was described. */
static void input_rides_in_the_model(void **state) {
    (void)state;
    static const struct {
        struct rsl_preprocess_options given;
        const char *scale, *offset, *mean, *std, *resize, *crop; /* afterwards */
    } rows[] = {
        {{0}, "1/255", NULL, "0.5", "0.25", "8x8", NULL},
        {{.mean = "0.1 0.2 0.3", .std = "0.5"}, "1/255", NULL, "0.1 0.2 0.3", "0.5", "8x8", NULL},
        {{.mean = "0.1"}, "1/255", NULL, "0.1", "0.25", "8x8", NULL},
        {{.mean = "0.1", .scale = "1"}, "1", NULL, "0.1", "0.25", "8x8", NULL},
        {{.resize = "12", .crop = "8"}, "1/255", NULL, "0.5", "0.25", "12", "8"},
        {{.crop = "8x8"}, "1/255", NULL, "0.5", "0.25", NULL, "8x8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rsl_model *m = fresh();
        struct rsl_train_options o = kind(0);
        struct rsl_train_result r;
        struct rsl_eval_result alone;
        check_ok(rsl_model_set_meta(m, "resile.input.scale", "2/255"));
        check_ok(rsl_model_set_meta(m, "resile.input.offset", "-1"));
        check_ok(rsl_model_set_meta(m, "resile.classes", "of\nother\ndata"));
        o.preprocess = &rows[i].given;
        o.epochs = 1;
        o.fresh = 1;
        check_ok(rsl_train(m, train_data, test_data, &o, &r));
        meta_is(m, "resile.input.scale", rows[i].scale);
        meta_is(m, "resile.input.offset", rows[i].offset);
        meta_is(m, "resile.input.mean", rows[i].mean);
        meta_is(m, "resile.input.std", rows[i].std);
        meta_is(m, "resile.input.resize", rows[i].resize);
        meta_is(m, "resile.input.crop", rows[i].crop);
        assert_memory_equal(rsl_model_meta(m, "resile.classes"), "speed limit 20\n", 15);
        check_ok(
            rsl_eval(m, test_data, &(struct rsl_eval_options){.batch = 64, .threads = 2}, &alone));
        assert_float_equal(alone.loss, r.test_loss, 1e-12);
        rsl_model_free(m);
    }
}

/* A network that may have been trained keeps what it says; what it does not say is logged. */
static void input_of_a_trained_model(void **state) {
    (void)state;
    static const struct {
        const char *key, *value; /* that the model has; NULL: nothing */
        const char *scale, *offset, *mean, *std;
        bool logged;
    } rows[] = {
        {"scale", "2/255", "2/255", NULL, NULL, NULL, false},
        {"offset", "-1", NULL, "-1", NULL, NULL, false},
        {"mean", "0.1", NULL, NULL, "0.1", NULL, false},
        {"std", "0.1", NULL, NULL, NULL, "0.1", false},
        {"filter", "bicubic", NULL, NULL, "0.5", "0.25", true},
        {NULL, NULL, NULL, NULL, "0.5", "0.25", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rsl_model *m = fresh();
        struct rsl_train_options o = kind(0);
        struct rsl_train_result r;
        char key[64];
        snprintf(key, sizeof key, "resile.input.%s", rows[i].key ? rows[i].key : "");
        if (rows[i].key) check_ok(rsl_model_set_meta(m, key, rows[i].value));
        o.epochs = 1;
        said[0] = 0;
        check_ok(rsl_train(m, train_data, test_data, &o, &r));
        meta_is(m, "resile.input.scale", rows[i].scale);
        meta_is(m, "resile.input.offset", rows[i].offset);
        meta_is(m, "resile.input.mean", rows[i].mean);
        meta_is(m, "resile.input.std", rows[i].std);
        assert_true(rows[i].logged ==
                    (strstr(said, "mean 0.5 and deviation 0.25, of recipe signs") != NULL));
        rsl_model_free(m);
    }
}

/* Ranges of activations and stored bits are those of the weights that were. */
static void what_is_said_of_other_weights(void **state) {
    (void)state;
    struct rsl_model *m = fresh();
    struct rsl_train_options o = kind(0);
    struct rsl_train_result r;
    struct rsl_memory *image;
    struct rsl_mix mix;
    o.epochs = 1;
    check_ok(rsl_model_image(&image, &mix, m, "affine4/tmr", NULL));
    rsl_mix_free(&mix);
    check_ok(rsl_model_store(m, image));
    check_ok(rsl_model_set_meta(m, "resile.ranges", "0 1 input"));
    o.learning_rate = -1;
    check_fails(rsl_train(m, train_data, test_data, &o, &r), RSL_EARG, "learning rate");
    assert_ptr_equal(m->image, image);
    meta_is(m, "resile.ranges", "0 1 input");
    o.learning_rate = 0;
    check_ok(rsl_model_set_meta(m, "resile.input.mean", "0.5"));
    check_ok(rsl_train(m, train_data, test_data, &o, &r));
    meta_is(m, "resile.ranges", NULL);
    assert_null(m->image);
    assert_non_null(strstr(said, "their storage affine4/tmr is not kept"));
    rsl_model_free(m);
}

/* A training goes on with the normalization that it was begun with. */
static void resumed_with_its_normalization(void **state) {
    (void)state;
    struct rsl_train_options o = kind(0);
    struct stop stop = {.at = 2};
    struct rsl_train_result r;
    const struct rsl_preprocess_options old = {
        .scale = "2/255", .offset = "-1", .mean = "0.5", .std = "0.25"};
    struct rsl_model *m = fresh();
    o.checkpoint = checkpoint;
    o.restart = 1;
    o.progress = on_progress;
    o.context = &stop;
    o.preprocess = &old;
    check_fails(rsl_train(m, train_data, test_data, &o, &r), RSL_EINTERRUPTED, "");
    rsl_model_free(m);
    m = fresh();
    stop.at = 0;
    o.restart = 0;
    o.resume = 1;
    o.preprocess = NULL;
    check_ok(rsl_train(m, train_data, test_data, &o, &r));
    meta_is(m, "resile.input.scale", "2/255");
    meta_is(m, "resile.input.offset", "-1");
    rsl_model_free(m);
}

/* ---- options and data that do not fit ---- */

static void refused_options(void **state) {
    (void)state;
    static const struct {
        struct rsl_train_options o;
        int status;
        const char *words;
    } rows[] = {
        {{.batch = IMAGES + 1}, RSL_EARG, "a batch of 73 images, the data set has only 72"},
        {{.batch = 11, .images = 10}, RSL_EARG, "a batch of 11 images"},
        {{.batch = BATCH, .images = IMAGES + 1}, RSL_EARG, "there are 72"},
        {{.batch = BATCH, .accumulate = 7}, RSL_EARG, "accumulating 7 batches"},
        {{.batch = -1}, RSL_EARG, "negative"},
        {{.epochs = -1}, RSL_EARG, "negative"},
        {{.recipe = "cifra"}, RSL_ENOTFOUND, "cifar"},
        {{.schedule = "cosin"}, RSL_ENOTFOUND, "cosine"},
        {{.schedule = "step:0"}, RSL_EARG, "step"},
        {{.optimizer = "adem"}, RSL_ENOTFOUND, "adam"},
        {{.optimizer = "adam", .momentum = "0.9"}, RSL_EARG, "momentum"},
        {{.momentum = "1"}, RSL_EARG, "momentum"},
        {{.momentum = "much"}, RSL_EARG, "momentum 'much'"},
        {{.weight_decay = "-1"}, RSL_EARG, "weight decay '-1'"},
        {{.weight_decay = "nan"}, RSL_EARG, "weight decay 'nan'"},
        {{.label_smoothing = "1"}, RSL_EARG, "label smoothing of 1"},
        {{.loss = "mean-square", .label_smoothing = "0.1"}, RSL_EARG, "mean-square has none"},
        {{.decay = "biases"}, RSL_ENOTFOUND, "all, weights"},
        {{.decoupled = 1, .optimizer = "adam"}, RSL_EARG, "adamw"},
        {{.betas = "0.9"}, RSL_EARG, "betas '0.9'"},
        {{.betas = "0.9,0.99"}, RSL_EARG, "'sgd' has no beta1"},
        {{.betas = "0.9,1", .optimizer = "adam"}, RSL_EARG, "beta2 is 1"},
        {{.epsilon = "-1", .optimizer = "adam"}, RSL_EARG, "epsilon '-1'"},
        {{.betas = "0.8,0.99", .epsilon = "1e-6", .optimizer = "adamw", .decay = "weights"},
         RSL_OK,
         ""},
        {{.decoupled = 1, .nesterov = -1}, RSL_OK, ""},
        {{.augment = "spin"}, RSL_EARG, "spin"},
        {{.qat = "symetric8"}, RSL_ENOTFOUND, "symmetric"},
        {{.qat = "symmetric9"}, RSL_EARG, "symmetric"},
        {{.ber = 0.01}, RSL_EARG, "needs an encoding"},
        {{.ber = -0.1, .qat = "symmetric8"}, RSL_EARG, "bit error rate"},
        {{.learning_rate = (double)NAN}, RSL_EARG, "the learning rate is nan"},
        {{.learning_rate = -1}, RSL_EARG, "the learning rate is -1"},
        {{.learning_rate = (double)INFINITY}, RSL_EARG, "the learning rate is inf"},
        {{.clip = (double)NAN}, RSL_EARG, "clipping"},
        {{.weight_clip = -1}, RSL_EARG, "clipping"},
        {{.compute = "fp8"}, RSL_EARG, "fp8"},
        {{.frozen = "conv9"}, RSL_ENOTFOUND, "'conv9'"},
        {{.loss = "mse"}, RSL_ENOTFOUND, "no loss 'mse'"},
        {{.penalties = "conv9*:l1:1"}, RSL_ENOTFOUND, "'conv9*'"},
        {{.penalties = "fc.weight:l1:nan"}, RSL_EARG, "'nan' is no number"},
        {{.loss = "mean-square", .penalties = "fc.weight:l2:1e-3,bn*:l1:1e-4"}, RSL_OK, ""},
        {{.recipe = "fashion", .frozen = ""}, RSL_OK, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rsl_model *m = fresh();
        struct rsl_train_options o = rows[i].o;
        struct rsl_train_result r;
        char before[65], after[65];
        if (!o.batch) o.batch = BATCH;
        if (!o.epochs) o.epochs = 1;
        o.threads = 2;
        hash(m, before);
        int rc = rsl_train(m, train_data, test_data, &o, &r);
        if (rc != rows[i].status || (rc < 0 && !strstr(rsl_errmsg(), rows[i].words)))
            fail_msg("row %zu: %s '%s', expected '...%s...'", i, rsl_status_name(rc), rsl_errmsg(),
                     rows[i].words);
        hash(m, after);
        if (rc < 0) assert_string_equal(before, after);
        rsl_model_free(m);
    }
}

static void classes_and_data(void **state) {
    (void)state;
    struct rsl_model *m;
    struct rsl_train_options o = kind(0);
    struct rsl_train_result r;
    m = network(10, 8);
    check_fails(rsl_train(m, train_data, test_data, &o, &r), RSL_EMISMATCH,
                "10 classes apart, data set synth-signs has 43");
    rsl_model_free(m);
}

/* What its evaluation could not end with is refused before the first step. */
static void test_sets_that_do_not_fit(void **state) {
    (void)state;
    const char *names[43];
    char before[65], after[65];
    struct rsl_model *m = fresh();
    struct rsl_train_options o = kind(0);
    struct rsl_train_result r;
    struct rsl_data other = *test_data;
    hash(m, before);
    for (int i = 0; i < 43; i++) names[i] = rsl_data_class_name(test_data, i);
    other.class_names = names;
    names[2] = "a cat";
    check_fails(rsl_train(m, train_data, &other, &o, &r), RSL_EMISMATCH,
                "class 2 is 'a cat' in the test set and 'speed limit 50' in the training set");
    other = *test_data;
    other.count = 0;
    check_fails(rsl_train(m, train_data, &other, &o, &r), RSL_EARG, "the test set of synth");
    const struct rsl_preprocess_options short_side = {.resize = "8"};
    other = *test_data;
    other.width *= 2;
    o.preprocess = &short_side;
    check_fails(rsl_train(m, train_data, &other, &o, &r), RSL_EMISMATCH, "test set: ");
    hash(m, after);
    assert_string_equal(before, after);
    rsl_model_free(m);
}

static void first_test_images(void **state) {
    (void)state;
    struct rsl_model *m = fresh();
    struct rsl_train_options o = kind(0);
    struct rsl_train_result r;
    struct rsl_eval_result alone;
    o.epochs = 1;
    o.test_images = 7;
    check_ok(rsl_train(m, train_data, test_data, &o, &r));
    check_ok(rsl_eval(m, test_data, &(struct rsl_eval_options){.images = 7, .threads = 2}, &alone));
    assert_float_equal(alone.loss, r.test_loss, 1e-12);
    o.test_images = -1;
    check_fails(rsl_train(m, train_data, test_data, &o, &r), RSL_EARG, "negative");
    rsl_model_free(m);
}

static const struct rsl_tensor *tensor(const struct rsl_model *m, const char *name) {
    int v = rsl_graph_find(&m->graph, name);
    if (v < 0) fail_msg("no '%s'", name);
    return &m->graph.values.at[v].tensor;
}

/* Other classes: the last layer is new, what is frozen stays, and resuming works as ever. */
static void a_new_head(void **state) {
    (void)state;
    char want[65], got[65];
    struct rsl_train_options o = kind(2);
    struct rsl_train_result r;
    struct rsl_model *m = network(10, 8), *before = network(10, 8);
    struct stop stop = {.at = 3};
    o.new_head = 1;
    o.epochs = 1;
    check_ok(rsl_train(m, train_data, test_data, &o, &r));
    hash(m, want);
    const struct rsl_tensor *w = tensor(m, "fc.weight"), *conv = tensor(m, "conv2.weight");
    assert_int_equal(w->shape.dim[0], 43);
    assert_int_equal(w->shape.dim[1], tensor(before, "fc.weight")->shape.dim[1]);
    assert_int_equal(tensor(m, "fc.bias")->shape.dim[0], 43);
    assert_memory_equal(conv->data, tensor(before, "conv2.weight")->data, rsl_tensor_bytes(conv));
    rsl_model_free(m);
    rsl_model_free(before);
    unlink(checkpoint);
    o.checkpoint = checkpoint;
    o.progress = on_progress;
    o.context = &stop;
    for (int session = 0; session < 2; session++) {
        m = network(10, 8);
        o.resume = session;
        assert_int_equal(rsl_train(m, train_data, test_data, &o, &r),
                         session ? RSL_OK : RSL_EINTERRUPTED);
        hash(m, got);
        rsl_model_free(m);
        stop = (struct stop){0};
    }
    assert_string_equal(want, got);
    unlink(checkpoint);
}

/* A rate that no training survives: the step is named, and the checkpoint is the last good one. */
static void divergence_names_the_step(void **state) {
    (void)state;
    char hex[65];
    struct rsl_train_options o = kind(0);
    o.learning_rate = 1e30;
    o.schedule = "constant";
    assert_int_equal(train(&o, hex), RSL_EARG);
    const char *step = strstr(rsl_errmsg(), "step ");
    if (!step || !strstr(rsl_errmsg(), "(epoch ")) fail_msg("%s", rsl_errmsg());
}

/* docs/training.md has every recipe as it is. */
static void recipes_are_documented(void **state) {
    (void)state;
    struct rsl_file f;
    check_ok(rsl_file_open(&f, SOURCE_ROOT "/docs/training.md"));
    char *text = malloc(f.size + 1);
    memcpy(text, f.data, f.size);
    text[f.size] = 0;
    rsl_file_close(&f);
    for (int i = 0; rsl_recipe_name(i); i++) {
        const struct rsl_recipe *r;
        char row[256];
        check_ok(rsl_recipe_find(&r, rsl_recipe_name(i), ""));
        snprintf(row, sizeof row, "| `%s` | %d | %d | %g | %g | `%s` | %g | %g | %g | `%s` |",
                 r->name, (int)r->epochs, (int)r->batch, r->rate, r->rate_plain, r->schedule,
                 r->momentum, r->weight_decay, r->label_smoothing, r->augment);
        if (!strstr(text, row)) fail_msg("docs/training.md lacks: %s", row);
    }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_weights),
        cmocka_unit_test(without_test_set),
        cmocka_unit_test(threads_change_nothing_when_deterministic),
        cmocka_unit_test(interrupted_anywhere),
        cmocka_unit_test(evaluations_that_do_not_end),
        cmocka_unit_test(a_log_without_its_checkpoint),
        cmocka_unit_test(resumed_from_an_epoch),
        cmocka_unit_test(damaged_checkpoints),
        cmocka_unit_test(checkpoints_of_something_else),
        cmocka_unit_test(places_that_cannot_be_written),
        cmocka_unit_test(checkpoints_of_other_data_or_layers),
        cmocka_unit_test(settings_without_the_younger_lines),
        cmocka_unit_test(unfinished_checkpoints_stay),
        cmocka_unit_test(more_epochs),
        cmocka_unit_test(input_rides_in_the_model),
        cmocka_unit_test(input_of_a_trained_model),
        cmocka_unit_test(what_is_said_of_other_weights),
        cmocka_unit_test(resumed_with_its_normalization),
        cmocka_unit_test(refused_options),
        cmocka_unit_test(classes_and_data),
        cmocka_unit_test(test_sets_that_do_not_fit),
        cmocka_unit_test(first_test_images),
        cmocka_unit_test(a_new_head),
        cmocka_unit_test(divergence_names_the_step),
        cmocka_unit_test(recipes_are_documented),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
