/* `resile train --arch A --data D -o M.onnx`: trains a network, with checkpoints to go on from. */
#include "command.h"
#include "integer.h"
#include "interrupt.h"
#include "message.h"
#include "names.h"
#include "output.h"
#include "preprocess.h"
#include "progress.h"
#include "same_file.h"

#include <resile/train.h>
#include <resile/zoo.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct train {
    const char *arch, *model, *data, *output;
    const char *recipe, *schedule, *optimizer, *augment, *qat, *frozen, *checkpoint, *log;
    const char *momentum, *weight_decay, *label_smoothing, *loss, *penalties, *decay, *betas,
        *epsilon;
    int64_t epochs, batch, images, test_images, accumulate, passes, seed, threads;
    double rate, clip, weight_clip, ber;
    int compute, nesterov;
    struct sizes input;
    struct preprocess preprocess;
    bool resume, restart, new_head, decoupled, reference, deterministic, quiet, json;
};

/* ---- progress ---- */

struct view {
    struct progress bar;
    bool quiet;
};

static void print_epoch(const struct rsl_train_progress *p) {
    fprintf(stderr, "epoch %3" PRId64 "/%" PRId64 "  loss %.4f  train %6.2f %%", p->epoch + 1,
            p->epochs, p->loss, p->accuracy);
    if (!isnan(p->test_top1)) fprintf(stderr, "  test %6.2f %%", p->test_top1);
    fprintf(stderr, "  %.0f images/s\n", p->images_per_second);
}

static int on_progress(void *context, const struct rsl_train_progress *p) {
    struct view *v = context;
    snprintf(v->bar.note, sizeof v->bar.note, "epoch %" PRId64 "/%" PRId64 ", loss %.3f, %.1f %%",
             p->epoch + 1, p->epochs, p->loss, p->accuracy);
    if (p->epoch_done && !v->quiet) {
        progress_end(&v->bar);
        print_epoch(p);
    }
    progress_show(&v->bar, p->step, p->steps);
    return interrupt_flag;
}

/* ---- the run ---- */

static const char *name_of_loss(int i) {
    static const char *const names[] = {"cross-entropy", "mean-square", NULL};
    return names[i];
}

static const char *name_of_decay(int i) {
    static const char *const names[] = {"all", "weights", NULL};
    return names[i];
}

enum { NESTEROV_RECIPE, NESTEROV_YES, NESTEROV_NO };

static const char *name_of_nesterov(int i) {
    static const char *const names[] = {"recipe", "yes", "no", NULL};
    return names[i];
}

/* OUT.checkpoint.safetensors beside OUT.onnx. To be freed. */
static char *default_checkpoint(const char *output) {
    static const char form[] = "%.*s.checkpoint.safetensors";
    size_t n = strlen(output), size = n + sizeof form;
    if (n > 5 && strcmp(output + n - 5, ".onnx") == 0) n -= 5;
    char *path = malloc(size);
    if (path) snprintf(path, size, form, (int)n, output);
    return path;
}

static int open_data(const struct train *a, struct rsl_data **data, struct rsl_data **test) {
    const struct rsl_data_options train_options = {
        .split = "train", .seed = (uint64_t)a->seed, .count = a->images};
    const struct rsl_data_options test_options = {
        .split = "test", .seed = (uint64_t)a->seed, .count = a->test_images};
    int status = rsl_data_open(data, a->data, &train_options);
    return status < 0 ? status : rsl_data_open(test, a->data, &test_options);
}

/* The file given, or a fresh network with the data's classes. */
static int open_model(const struct train *a, const struct rsl_data *data,
                      struct rsl_model **model) {
    if (a->model) return rsl_model_load(model, a->model);
    const struct rsl_zoo_options o = {.classes = rsl_data_classes(data),
                                      .channels = a->input.at[0],
                                      .height = a->input.at[1],
                                      .width = a->input.at[2],
                                      .seed = (uint64_t)a->seed};
    return rsl_zoo_build(model, a->arch, &o);
}

static int train(const struct train *a, struct rsl_model *model, const struct rsl_data *data,
                 const struct rsl_data *test, const char *checkpoint,
                 struct rsl_train_result *result) {
    struct preprocess_texts texts;
    struct view view = {.quiet = a->quiet};
    struct rsl_train_options o = {
        .recipe = a->recipe,
        .epochs = a->epochs,
        .batch = a->batch,
        .learning_rate = a->rate,
        .schedule = a->schedule,
        .optimizer = a->optimizer,
        .momentum = a->momentum,
        .weight_decay = a->weight_decay,
        .label_smoothing = a->label_smoothing,
        .nesterov = a->nesterov == NESTEROV_NO ? -1 : a->nesterov == NESTEROV_YES,
        .decoupled = a->decoupled,
        .decay = a->decay,
        .betas = a->betas,
        .epsilon = a->epsilon,
        .loss = a->loss,
        .penalties = a->penalties,
        .augment = a->augment,
        .clip = a->clip,
        .weight_clip = a->weight_clip,
        .accumulate = (int)a->accumulate,
        .passes = (int)a->passes,
        .new_head = a->new_head,
        .qat = a->qat,
        .ber = a->ber,
        .frozen = a->frozen,
        .seed = (uint64_t)a->seed,
        .images = a->images,
        .test_images = a->test_images,
        .threads = (int)a->threads,
        .compute = rsl_compute_name(a->compute),
        .reference = a->reference,
        .deterministic = a->deterministic,
        .checkpoint = checkpoint,
        .resume = a->resume,
        .restart = a->restart,
        .log = a->log,
        .fresh = a->arch != NULL,
        .preprocess = preprocess_texts(&texts, &a->preprocess),
        .progress = on_progress,
        .context = &view,
    };
    progress_start(&view.bar, a->quiet, "training", "steps");
    interrupt_watch();
    int status = rsl_train(model, data, test, &o, result);
    progress_end(&view.bar);
    return status;
}

static int print_json(const struct train *a, const struct rsl_data *data, const char *checkpoint,
                      const struct rsl_train_result *r) {
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_object(j);
    output_json_text(j, a->arch ? "arch" : "model", a->arch ? a->arch : a->model);
    output_json_text(j, "data", rsl_data_name(data));
    output_json_text(j, "output", a->output);
    output_json_text(j, "checkpoint", checkpoint);
    output_json_text(j, "compute", a->reference ? "reference" : rsl_compute_name(a->compute));
    output_json_int(j, "epochs", r->epochs);
    output_json_int(j, "steps", r->steps);
    output_json_int(j, "images_per_epoch", r->images);
    output_json_double(j, "loss", r->loss);
    output_json_double(j, "accuracy", r->accuracy);
    output_json_double(j, "test_loss", r->test_loss);
    output_json_double(j, "top1", r->top1);
    output_json_double(j, "seconds", r->seconds);
    output_json_double(j, "images_per_second", r->images_per_second);
    rsl_json_end(j);
    return output_json(j);
}

static void print_text(const struct train *a, const struct rsl_train_result *r) {
    printf("trained  %" PRId64 " epochs, %" PRId64 " steps, %.0f images/s\n", r->epochs, r->steps,
           r->images_per_second);
    printf("train    %.2f %%, loss %.4f\n", r->accuracy, r->loss);
    printf("test     %.2f %%, loss %.4f\n", r->top1, r->test_loss);
    printf("model    %s\n", a->output);
}

static int report(const struct train *a, const struct rsl_data *data, const char *checkpoint,
                  int status, const struct rsl_train_result *result) {
    if (status == RSL_EINTERRUPTED && result->steps > 0) {
        complain("stopped after step %" PRId64 "; %s has it all; this goes on:", result->steps,
                 checkpoint);
        command_print_again("--resume", "--restart");
        return EXIT_INTERRUPTED;
    }
    if (status < 0) return library_error(status);
    if (a->json) return print_json(a, data, checkpoint, result);
    print_text(a, result);
    return EXIT_DONE;
}

static int check_arguments(const struct train *a) {
    const char *const others[] = {a->model, a->checkpoint, a->log};
    if (!a->arch == !a->model)
        return usage_error("say what to train: either --arch A or --model FILE");
    if (a->new_head && a->arch) return usage_error("--new-head is for --model");
    if (a->resume && a->restart) return usage_error("either --resume or --restart");
    if (a->input.n != 0 && (a->input.n != 3 || a->model))
        return usage_error("--input must be CHANNELSxHEIGHTxWIDTH such as 3x32x32, for --arch");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i] && check_replaces(a->output, others[i]) != EXIT_DONE) return EXIT_USAGE;
    return EXIT_DONE;
}

static int run(const void *arguments) {
    const struct train *a = arguments;
    struct rsl_train_result result = {0};
    struct rsl_model *model = NULL;
    struct rsl_data *data = NULL, *test = NULL;
    int code = check_arguments(a);
    if (code != EXIT_DONE) return code;
    char *own = a->checkpoint ? NULL : default_checkpoint(a->output);
    const char *checkpoint = a->checkpoint ? a->checkpoint : own;
    if (checkpoint && a->log && same_file(checkpoint, a->log)) {
        code = usage_error("%s cannot be both the checkpoint and the log", a->log);
        free(own);
        return code;
    }
    int status = checkpoint ? rsl_model_can_save(a->output) : RSL_ENOMEM;
    if (status == RSL_OK) status = open_data(a, &data, &test);
    if (status == RSL_OK) status = open_model(a, data, &model);
    if (status == RSL_OK) status = train(a, model, data, test, checkpoint, &result);
    if (status == RSL_OK) status = rsl_model_save(model, a->output);
    code = report(a, data, checkpoint, status, &result);
    rsl_data_close(data);
    rsl_data_close(test);
    rsl_model_free(model);
    free(own);
    return code;
}

static const struct option options[] = {
    {"arch", 'a', OPTION_TEXT, offsetof(struct train, arch), "A",
     "a fresh network of `resile zoo list`", .words = name_of_arch, .closed = true},
    {"model", 'm', OPTION_TEXT, offsetof(struct train, model), "FILE",
     "an ONNX file to train further instead", .complete = COMPLETE_FILE},
    {"new-head", 0, OPTION_FLAG, offsetof(struct train, new_head),
     .help = "with --model: a fresh last layer with the data's classes"},
    OPTION_DATA(struct train, data),
    {"output", 'o', OPTION_TEXT, offsetof(struct train, output), "FILE", "ONNX file to write",
     .required = true, .complete = COMPLETE_FILE},
    {"recipe", 0, OPTION_TEXT, offsetof(struct train, recipe), "NAME",
     "settings for what is not given (default: the data set's)", .words = name_of_recipe,
     .closed = true},
    {"epochs", 'e', OPTION_INT, offsetof(struct train, epochs), "N",
     "passes over the training images (default: the recipe's)", .preset = NULL, .min = 1,
     .max = 1e6},
    {"batch", 'b', OPTION_INT, offsetof(struct train, batch), "N",
     "images per step (default: the recipe's)", .preset = NULL, .min = 1, .max = 65536},
    {"lr", 0, OPTION_DOUBLE, offsetof(struct train, rate), "R",
     "peak learning rate (default: the recipe's)", .preset = NULL, .min = 1e-12, .max = 1e6},
    {"schedule", 0, OPTION_TEXT, offsetof(struct train, schedule), "S",
     "constant, step:30:0.1, cosine, warmup-cosine:0.3, onecycle (default: the recipe's)",
     .preset = NULL},
    {"optimizer", 0, OPTION_TEXT, offsetof(struct train, optimizer), "NAME",
     "of the update (default: sgd)", .words = rsl_train_optimizer, .closed = true},
    {"momentum", 0, OPTION_TEXT, offsetof(struct train, momentum), "M",
     "of sgd (default: the recipe's)", .preset = NULL},
    {"nesterov", 0, OPTION_CHOICE, offsetof(struct train, nesterov), "YES|NO",
     "momentum of sgd that looks ahead: yes, no or the recipe's, which is yes", "recipe",
     .words = name_of_nesterov},
    {"betas", 0, OPTION_TEXT, offsetof(struct train, betas), "B1,B2",
     "of adam and adamw (default: 0.9,0.999)", .preset = NULL},
    {"eps", 0, OPTION_TEXT, offsetof(struct train, epsilon), "E",
     "of adam and adamw (default: 1e-8)", .preset = NULL},
    {"weight-decay", 0, OPTION_TEXT, offsetof(struct train, weight_decay), "W",
     "L2 term of the gradient; adamw: decoupled (default: the recipe's)", .preset = NULL},
    {"decoupled", 0, OPTION_FLAG, offsetof(struct train, decoupled),
     .help = "sgd: weight decay beside the gradient (SGDW)"},
    {"decay", 0, OPTION_TEXT, offsetof(struct train, decay), "WHAT",
     "what weight decay holds for: all parameters, or weights only", "all", .words = name_of_decay,
     .closed = true},
    {"label-smoothing", 0, OPTION_TEXT, offsetof(struct train, label_smoothing), "E",
     "share of the target spread over all classes (default: the recipe's)", .preset = NULL},
    {"loss", 0, OPTION_TEXT, offsetof(struct train, loss), "NAME",
     "cross-entropy, or mean-square to one-hot labels", "cross-entropy", .words = name_of_loss,
     .closed = true},
    {"penalty", 0, OPTION_TEXT, offsetof(struct train, penalties), "NAME:KIND:WEIGHT,...",
     "added to the loss: l1, l2 or mean-square of a tensor; NAME*: parameters that start so",
     .preset = NULL},
    {"augment", 0, OPTION_TEXT, offsetof(struct train, augment), "LIST",
     "crop:4,flip,affine:10:0.1:0.9-1.1,cutout:8 or none (default: the recipe's)", .preset = NULL},
    {"clip", 0, OPTION_DOUBLE, offsetof(struct train, clip), "NORM",
     "largest norm of the gradient; 0: any", "0", .max = 1e9},
    {"accumulate", 0, OPTION_INT, offsetof(struct train, accumulate), "N",
     "batches whose gradients are averaged before a step", "1", .min = 1, .max = 65536},
    {"passes", 0, OPTION_INT, offsetof(struct train, passes), "N",
     "times each batch goes through the network, each with bit errors and dropout of its own", "1",
     .min = 1, .max = 65536},
    {"qat", 0, OPTION_TEXT, offsetof(struct train, qat), "ENCODING",
     "quantization-aware: weights go through symmetric8, affine4, ... in every step",
     .preset = NULL},
    {"ber", 0, OPTION_DOUBLE, offsetof(struct train, ber), "P",
     "each step also learns from random bit errors of that rate in the encoded weights", "0",
     .max = 1},
    {"weight-clip", 0, OPTION_DOUBLE, offsetof(struct train, weight_clip), "W",
     "largest absolute value of a weight; 0: any", "0", .max = 1e9},
    {"freeze", 0, OPTION_TEXT, offsetof(struct train, frozen), "NAMES",
     "starts of parameter names that stay as they are, comma-separated", .preset = NULL},
    {"images", 'n', OPTION_INT, offsetof(struct train, images), "N",
     "only N training images: the first, or, where the set is sorted by class, as many of each; 0: "
     "all",
     "0", .max = 1e12},
    {"test-images", 0, OPTION_INT, offsetof(struct train, test_images), "N",
     "only the first N test images; drawn sets: draw so many; 0: all", "0", .max = 1e12},
    OPTION_FLOAT_COMPUTE(struct train, compute),
    {"resume", 'r', OPTION_FLAG, offsetof(struct train, resume),
     .help = "go on from the checkpoint if there is one"},
    {"restart", 0, OPTION_FLAG, offsetof(struct train, restart),
     .help = "discard the checkpoint of a training that has not ended"},
    {"checkpoint", 0, OPTION_TEXT, offsetof(struct train, checkpoint), "FILE",
     "safetensors (default: OUTPUT with .checkpoint.safetensors)", .complete = COMPLETE_FILE},
    {"log", 0, OPTION_TEXT, offsetof(struct train, log), "FILE", "one JSON line per epoch",
     .complete = COMPLETE_FILE},
    {"input", 0, OPTION_SIZES, offsetof(struct train, input), "CxHxW",
     "input of a fresh network (default: its own); images are resized to it", .preset = NULL},
    PREPROCESS_OPTIONS(struct train, preprocess),
    {"deterministic", .type = OPTION_FLAG, .at = offsetof(struct train, deterministic),
     .help = "one thread per kernel: the same bits whatever --threads says"},
    OPTION_REFERENCE(struct train, reference),
    OPTION_THREADS(struct train, threads),
    OPTION_SEED(struct train, seed,
                "of fresh weights, order, augmentation, dropout, bit errors and drawn sets"),
    OPTION_QUIET(struct train, quiet),
    OPTION_JSON(struct train, json),
    {0}};

static const char *const examples[] = {
    "a small network on drawn road signs, in a minute",
    "resile train --arch cnn-small --data synth-signs -o signs.onnx",
    "CIFAR-10 for 24 epochs; after Ctrl-C or a crash the same again with --resume",
    "resile train --arch resnet18 --data cifar10:cifar -o resnet18.onnx --log resnet18.log",
    "weights that survive 8 bits and bit errors",
    "resile train --arch resnet20 --data cifar10 --qat symmetric8 --ber 0.001 --weight-clip 0.2 "
    "-o robust.onnx",
    NULL};

const struct command command_train = {
    .name = "train",
    .group = "Models",
    .summary = "Train a network, with checkpoints to go on from",
    .about =
        "A recipe suits the data set and gives every setting that the options do not. After each "
        "epoch the network is evaluated on the test images, a line is logged, and a checkpoint is "
        "written; --resume goes on from it to the same weights, bit for bit, that an uninterrupted "
        "training has. Ctrl-C finishes the step and saves.\n\n"
        "The same command on the same machine gives the same weights. The number of threads may "
        "change the rounding of sums; --deterministic removes even that, at the cost of speed.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct train),
    .run = run,
};
