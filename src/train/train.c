/* The training loop; see resile/train.h. Batches come from the loader's thread, steps are the
 * trainer's; here are epochs, evaluation, checkpoints, the log and the reports. */
#include "resile/train.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"
#include "base/text.h"
#include "data/loader.h"
#include "data/subset.h"
#include "graph/compute.h"
#include "io/checkpoint.h"
#include "resile/eval.h"
#include "train/describe.h"
#include "train/epoch_log.h"
#include "train/new_head.h"
#include "train/outdated.h"
#include "train/settings.h"
#include "train/train_checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct training {
    const struct rsl_train_options *options;
    struct rsl_model *model;
    const struct rsl_data *data, *test;
    struct rsl_train_settings settings;
    struct rsl_preprocess *preprocess;
    struct rsl_trainer *trainer;
    struct rsl_loader *loader;
    int64_t *subset; /* of the images; NULL: the first ones */
    struct rsl_train_position at;
    struct rsl_tensors found; /* in the checkpoint to go on from, until they are put to use */
    bool resumed;
    int64_t batches, steps_per_epoch, steps;
    double started, training_seconds; /* of this session */
    int64_t session_images;
    bool stop; /* the caller wants to */
};

/* ---- making ready ---- */

/* The loader refuses what does not fit the data; what the classes say is checked here. */
static int check_classes(const struct training *t) {
    int64_t have = t->trainer->classes, need = rsl_data_classes(t->data);
    if (have != need)
        return rsl_fail(RSL_EMISMATCH,
                        "the network tells %lld classes apart, data set %s has %lld: --new-head"
                        " replaces its last layer",
                        (long long)have, rsl_data_name(t->data), (long long)need);
    return RSL_OK;
}

/* What would end the first epoch's evaluation is found before the first step. */
static int check_test(const struct training *t) {
    int shape[3], need = rsl_data_classes(t->data);
    if (!t->test) return RSL_OK;
    if (rsl_data_classes(t->test) != need)
        return rsl_fail(RSL_EMISMATCH, "the test set has %d classes, the training set %d",
                        rsl_data_classes(t->test), need);
    for (int i = 0; i < need; i++) {
        const char *name = rsl_data_class_name(t->data, i);
        const char *tested = rsl_data_class_name(t->test, i);
        if (name && tested && strcmp(name, tested) != 0)
            return rsl_fail(RSL_EMISMATCH,
                            "class %d is '%s' in the test set and '%s' in the training set", i,
                            tested, name);
    }
    if (rsl_data_count(t->test) == 0)
        return rsl_fail(RSL_EARG, "the test set of %s is empty", rsl_data_name(t->test));
    int rc = rsl_preprocess_shape(t->preprocess, t->test, shape);
    return rc < 0 ? rsl_fail_in(rc, "test set") : rc;
}

static int start_loader(struct training *t) {
    struct rsl_loader_options o = {.batch = t->settings.trainer.batch,
                                   .seed = t->settings.trainer.seed,
                                   .first_epoch = t->at.epoch,
                                   .first_batch = t->at.batch,
                                   .augment = &t->settings.augment,
                                   .shuffle = true,
                                   .limit = t->options->images,
                                   .subset = t->subset};
    RSL_TRY(rsl_loader_new(&t->loader, t->data, t->preprocess, &o));
    int accumulate = t->settings.trainer.accumulate;
    t->batches = rsl_loader_batches(t->loader) / accumulate * accumulate;
    if (t->batches == 0)
        return rsl_fail(RSL_EARG, "accumulating %d batches, an epoch has only %lld", accumulate,
                        (long long)rsl_loader_batches(t->loader));
    t->steps_per_epoch = t->batches / accumulate;
    t->steps = t->steps_per_epoch * t->settings.epochs;
    return rsl_schedule_check(&t->settings.schedule, t->steps_per_epoch, t->steps);
}

/* Which images: with a few of a set, classes may be missing. */
static int choose_images(struct training *t) {
    int64_t n = t->options->images;
    int classes = rsl_data_classes(t->data);
    if (n <= 0 || n >= rsl_data_count(t->data)) return RSL_OK;
    RSL_TRY(rsl_subset_choose(t->data, n, &t->subset));
    int have = rsl_subset_classes(t->data, t->subset, n);
    if (have >= 0 && have < classes)
        rsl_log(RSL_LOG_WARNING, "the %lld images have %d of the %d classes of %s", (long long)n,
                have, classes, rsl_data_name(t->data));
    return have < 0 || !t->subset ? have : rsl_train_settings_subset(&t->settings);
}

/* A batch that cannot be drawn is found before the network's memory is laid out for it. */
static int check_batch(const struct training *t) {
    int64_t n = rsl_data_count(t->data), batch = t->settings.trainer.batch;
    if (t->options->images > 0 && t->options->images < n) n = t->options->images;
    if (rsl_data_count(t->data) == 0)
        return rsl_fail(RSL_EARG, "data set %s is empty", rsl_data_name(t->data));
    return batch <= n ? RSL_OK
                      : rsl_fail(RSL_EARG, "a batch of %lld images, the data set has only %lld",
                                 (long long)batch, (long long)n);
}

/* The checkpoint to go on from, or that nothing is lost when a new training replaces it. */
static int open_checkpoint(struct training *t) {
    const struct rsl_train_options *o = t->options;
    t->at.test_loss = t->at.test_top1 = NAN;
    if (o->resume && o->restart)
        return rsl_fail(RSL_EARG, "either go on from the checkpoint or discard it");
    if (!o->checkpoint || access(o->checkpoint, F_OK) != 0) return RSL_OK;
    if (!o->resume) return rsl_train_checkpoint_replaceable(o->checkpoint, o->restart);
    t->resumed = true;
    return rsl_checkpoint_read(&t->found, o->checkpoint);
}

static int resume(struct training *t) {
    if (!t->resumed) return RSL_OK;
    int rc = rsl_train_checkpoint_apply(t->trainer, &t->at, &t->settings, &t->found);
    rsl_tensors_free(&t->found);
    return rc < 0 ? rsl_fail_in(rc, "%s", t->options->checkpoint) : rc;
}

/* A position that these settings lead to: what a damaged checkpoint may not have. After all batches
 * of an epoch comes its evaluation. */
static int check_position(const struct training *t) {
    const struct rsl_train_position *p = &t->at;
    int accumulate = t->settings.trainer.accumulate;
    bool inside = p->epoch < t->settings.epochs ? p->batch <= t->batches
                                                : p->epoch == t->settings.epochs && p->batch == 0;
    if (inside && p->batch % accumulate == 0 && p->images == p->batch * t->settings.trainer.batch &&
        p->correct <= p->images * t->settings.trainer.passes &&
        t->trainer->step == p->epoch * t->steps_per_epoch + p->batch / accumulate)
        return RSL_OK;
    return rsl_fail(RSL_EFORMAT,
                    "%s: the checkpoint stands at step %lld, epoch %lld, batch %lld, which this"
                    " training never does",
                    t->options->checkpoint, (long long)t->trainer->step, (long long)p->epoch,
                    (long long)p->batch);
}

/* A place that cannot be written to is found now, not after the first epoch. */
static int check_places(const struct training *t) {
    const struct rsl_train_options *o = t->options;
    if (o->checkpoint && o->log && strcmp(o->checkpoint, o->log) == 0)
        return rsl_fail(RSL_EARG, "%s cannot be both the checkpoint and the log", o->log);
    if (o->checkpoint) RSL_TRY(rsl_file_writable(o->checkpoint));
    const char *lost = o->resume && !t->resumed ? o->checkpoint : NULL;
    if (o->log) RSL_TRY(rsl_epoch_log_start(o->log, t->at.log_bytes, lost));
    if (lost) rsl_log(RSL_LOG_INFO, "no checkpoint %s: the training begins anew", lost);
    return RSL_OK;
}

static int prepare(struct training *t) {
    RSL_TRY(rsl_train_settings(&t->settings, t->options, t->model, t->data));
    RSL_TRY(check_batch(t));
    RSL_TRY(choose_images(t));
    if (t->model->graph.inputs.n != 1)
        return rsl_fail(RSL_EARG, "the network has %zu inputs, training feeds one image",
                        t->model->graph.inputs.n);
    RSL_TRY(open_checkpoint(t));
    if (t->options->new_head)
        RSL_TRY(rsl_new_head(t->model, rsl_data_classes(t->data), t->options->seed));
    RSL_TRY(rsl_describe_input(t->model, t->data, t->options->preprocess, t->settings.recipe,
                               t->options->fresh, rsl_tensors_meta(&t->found, "resile.settings")));
    RSL_TRY(rsl_model_fit(t->model, t->data, NULL));
    RSL_TRY(rsl_train_settings_input(&t->settings, t->model));
    RSL_TRY(rsl_preprocess_new(&t->preprocess, t->model, NULL));
    int shape[3];
    RSL_TRY(rsl_preprocess_shape(t->preprocess, t->data, shape));
    RSL_TRY(rsl_trainer_new(&t->trainer, t->model, &t->settings.trainer));
    RSL_TRY(rsl_train_settings_network(&t->settings, t->trainer));
    RSL_TRY(check_classes(t));
    RSL_TRY(check_test(t));
    RSL_TRY(rsl_describe_classes(t->model, t->data));
    RSL_TRY(resume(t));
    RSL_TRY(start_loader(t));
    RSL_TRY(check_position(t));
    return check_places(t);
}

/* ---- the loop ---- */

static int save(struct training *t) {
    if (!t->options->checkpoint) return RSL_OK;
    return rsl_train_checkpoint_write(t->trainer, &t->at, t->settings.text.at,
                                      t->options->checkpoint);
}

static double mean_loss(const struct training *t) {
    return t->at.images ? t->at.loss / (double)t->at.images : NAN;
}

static double accuracy(const struct training *t) {
    double seen = (double)t->at.images * t->settings.trainer.passes;
    return t->at.images ? 100.0 * (double)t->at.correct / seen : NAN;
}

static double rate_at(const struct training *t, int64_t step) {
    return rsl_schedule_rate(&t->settings.schedule, t->settings.rate, step, t->steps_per_epoch,
                             t->steps);
}

/* Images per second of the steps of this session, which may have had none. */
static double speed(const struct training *t) {
    return t->training_seconds > 0 ? (double)t->session_images / t->training_seconds : 0;
}

static void report(struct training *t, bool epoch_done) {
    if (!t->options->progress) return;
    int64_t last = t->trainer->step > 0 ? t->trainer->step - 1 : 0;
    struct rsl_train_progress p = {
        .epoch = epoch_done ? t->at.epoch - 1 : t->at.epoch,
        .epochs = t->settings.epochs,
        .step = t->trainer->step,
        .steps = t->steps,
        .images = t->at.images,
        .loss = epoch_done ? t->at.last_loss : mean_loss(t),
        .accuracy = epoch_done ? t->at.last_accuracy : accuracy(t),
        .rate = rate_at(t, last),
        .images_per_second = speed(t),
        .epoch_done = epoch_done,
        .test_loss = t->at.test_loss,
        .test_top1 = t->at.test_top1,
    };
    if (t->options->progress(t->options->context, &p)) t->stop = true;
}

/* One-cycle lowers the momentum while the rate is high, from the momentum given to 0.85. */
static int set_momentum(struct training *t) {
    const struct rsl_optimizer_options *o = &t->settings.trainer.optimizer;
    const double low = 0.85;
    double momentum;
    if (o->momentum <= low || !rsl_schedule_momentum(&t->settings.schedule, low, o->momentum,
                                                     t->trainer->step, t->steps, &momentum))
        return RSL_OK;
    return rsl_optimizer_set_momentum(t->trainer->optimizer, momentum);
}

static int step(struct training *t) {
    const float *images;
    const int *labels;
    struct rsl_step_result r;
    double before = rsl_clock();
    RSL_TRY(rsl_loader_next(t->loader, &images, &labels, NULL, NULL));
    RSL_TRY(set_momentum(t));
    int rc = rsl_trainer_step(t->trainer, images, labels, rate_at(t, t->trainer->step), &r);
    if (rc < 0)
        return rsl_fail_in(rc, "step %lld (epoch %lld)", (long long)t->trainer->step + 1,
                           (long long)t->at.epoch + 1);
    int64_t batch = t->settings.trainer.batch;
    t->at.loss += r.loss * (double)batch;
    t->at.correct += r.correct;
    t->at.images += batch;
    t->at.batch++;
    t->session_images += batch;
    t->training_seconds += rsl_clock() - before;
    return RSL_OK;
}

/* Batches that are left when whole groups of accumulated ones are done. */
static int skip_rest(struct training *t) {
    const float *images;
    const int *labels;
    for (int64_t b = t->batches; b < rsl_loader_batches(t->loader); b++)
        RSL_TRY(rsl_loader_next(t->loader, &images, &labels, NULL, NULL));
    return RSL_OK;
}

static int on_evaluated(void *context, int64_t done, int64_t total) {
    struct training *t = context;
    (void)done, (void)total;
    report(t, false);
    return t->stop;
}

/* Losses are finite where the network already is not: the last step is seen by no other. */
static int check_outputs(const struct training *t, const struct rsl_eval_result *r) {
    if (r->invalid == 0) return RSL_OK;
    if (r->invalid == r->images)
        return rsl_fail(RSL_EARG,
                        "epoch %lld: all %lld test images have NaN or infinity among the outputs: "
                        "a lower learning rate is needed",
                        (long long)t->at.epoch + 1, (long long)r->images);
    rsl_log(RSL_LOG_WARNING, "%lld of the %lld test images have NaN or infinity among the outputs",
            (long long)r->invalid, (long long)r->images);
    return RSL_OK;
}

static int evaluate(struct training *t) {
    struct rsl_eval_result r;
    struct rsl_eval_options o = {.images = t->options->test_images,
                                 .threads = t->settings.trainer.threads,
                                 .compute = rsl_compute_name((int)t->settings.trainer.compute),
                                 .reference = t->options->reference,
                                 .progress = on_evaluated,
                                 .context = t};
    RSL_TRY(rsl_trainer_settle(t->trainer));
    if (!t->test) return RSL_OK;
    RSL_TRY(rsl_eval(t->model, t->test, &o, &r));
    t->at.test_loss = r.loss;
    t->at.test_top1 = r.top1;
    return check_outputs(t, &r);
}

static int end_epoch(struct training *t) {
    RSL_TRY(skip_rest(t));
    t->at.last_loss = mean_loss(t);
    t->at.last_accuracy = accuracy(t);
    t->at.epoch++;
    t->at.batch = t->at.images = t->at.correct = 0;
    t->at.loss = 0;
    struct rsl_epoch_line line = {
        .epoch = t->at.epoch,
        .step = t->trainer->step,
        .rate = rate_at(t, t->trainer->step - 1),
        .loss = t->at.last_loss,
        .accuracy = t->at.last_accuracy,
        .test_loss = t->at.test_loss,
        .test_top1 = t->at.test_top1,
        .seconds = rsl_clock() - t->started,
        .images_per_second = speed(t),
    };
    if (t->options->log) RSL_TRY(rsl_epoch_log_add(t->options->log, &line, &t->at.log_bytes));
    RSL_TRY(save(t));
    report(t, true);
    return RSL_OK;
}

static int interrupted(struct training *t) {
    RSL_TRY(rsl_trainer_settle(t->trainer));
    return rsl_fail(RSL_EINTERRUPTED, "stopped after step %lld of %lld",
                    (long long)t->trainer->step, (long long)t->steps);
}

static int train_epoch(struct training *t) {
    while (t->at.batch < t->batches && !(t->stop && t->trainer->taken == 0)) {
        RSL_TRY(step(t));
        report(t, false);
    }
    return RSL_OK;
}

/* The steps of an epoch are saved before its evaluation, whose end they shall not depend on: a
 * checkpoint that stands after the last batch goes on with the evaluation. */
static int loop(struct training *t) {
    while (t->at.epoch < t->settings.epochs) {
        RSL_TRY(train_epoch(t));
        RSL_TRY(save(t));
        if (t->stop) return interrupted(t);
        int rc = evaluate(t);
        if (rc == RSL_EINTERRUPTED) return interrupted(t);
        RSL_TRY(rc);
        RSL_TRY(end_epoch(t));
        if (t->stop && t->at.epoch < t->settings.epochs) return interrupted(t);
    }
    return rsl_trainer_settle(t->trainer);
}

static void fill_result(const struct training *t, struct rsl_train_result *r) {
    *r = (struct rsl_train_result){
        .epochs = t->at.epoch,
        .steps = t->trainer->step,
        .images = t->batches * t->settings.trainer.batch,
        .loss = t->at.last_loss,
        .accuracy = t->at.last_accuracy,
        .test_loss = t->at.test_loss,
        .top1 = t->at.test_top1,
        .seconds = rsl_clock() - t->started,
        .images_per_second = speed(t),
    };
}

int rsl_train(struct rsl_model *model, const struct rsl_data *data, const struct rsl_data *test,
              const struct rsl_train_options *options, struct rsl_train_result *result) {
    static const struct rsl_train_options defaults;
    struct training t = {.options = options ? options : &defaults,
                         .model = model,
                         .data = data,
                         .test = test,
                         .started = rsl_clock()};
    memset(result, 0, sizeof *result);
    int rc = prepare(&t);
    if (rc == RSL_OK) rc = rsl_drop_outdated(model);
    if (rc == RSL_OK) rc = loop(&t);
    if (t.loader) fill_result(&t, result);
    rsl_tensors_free(&t.found);
    rsl_loader_free(t.loader);
    rsl_free(t.subset);
    rsl_trainer_free(t.trainer);
    rsl_preprocess_free(t.preprocess);
    rsl_train_settings_free(&t.settings);
    return rc;
}
