/* `resile eval MODEL --data D`: accuracy of a model on a data set, and how fast it was. */
#include "command.h"
#include "integer.h"
#include "interrupt.h"
#include "message.h"
#include "model_file.h"
#include "names.h"
#include "output.h"
#include "preprocess.h"
#include "progress.h"

#include <resile/eval.h>
#include <resile/quantize.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

struct eval {
    const char *model, *arch, *data;
    int split, compute;
    int64_t images, batch, threads, seed;
    struct preprocess preprocess;
    struct integer integer;
    double accuracy_min;
    bool reference, exact, packed, quiet, json, accuracy_given;
};

static int on_progress(void *context, int64_t done, int64_t total) {
    progress_show(context, done, total);
    return interrupt_flag;
}

/* How the weights were stored, of which `model` is made; NULL: as floats. */
static const char *storage_of(const struct eval *a, const struct rsl_model *model) {
    const char *own = rsl_model_storage(model);
    if (own || !integer_wanted(a->compute)) return own;
    return a->integer.storage ? a->integer.storage : INTEGER_STORAGE;
}

static int print_json(const struct eval *a, const char *storage, const struct rsl_data *data,
                      const struct rsl_eval_result *r) {
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_object(j);
    output_json_text(j, "model", a->model);
    output_json_text(j, "data", rsl_data_name(data));
    output_json_text(j, "split", rsl_data_split(data));
    output_json_text(j, "compute", a->reference ? "reference" : rsl_compute_name(a->compute));
    output_json_text(j, "storage", storage);
    rsl_json_key(j, "packed");
    rsl_json_bool(j, a->packed);
    output_json_int(j, "images", r->images);
    output_json_int(j, "correct", r->correct);
    output_json_int(j, "correct5", r->correct5);
    output_json_double(j, "top1", r->top1);
    output_json_double(j, "top5", r->top5);
    output_json_double(j, "loss", r->loss);
    output_json_int(j, "invalid", r->invalid);
    output_json_double(j, "seconds", r->seconds);
    output_json_double(j, "images_per_second", r->images_per_second);
    rsl_json_end(j);
    return output_json(j);
}

static void print_text(const struct eval *a, const char *storage, const struct rsl_eval_result *r) {
    printf("top-1   %.2f %%  (%" PRId64 " of %" PRId64 " images)\n", r->top1, r->correct,
           r->images);
    printf("top-5   %.2f %%\n", r->top5);
    printf("loss    %.4f\n", isnan(r->loss) ? (double)NAN : r->loss); /* no "-nan" */
    printf("speed   %.1f images/s, %s\n", r->images_per_second,
           a->reference ? "reference kernels" : rsl_compute_name(a->compute));
    if (storage) printf("weights %s%s\n", storage, a->packed ? ", read at every inference" : "");
    if (r->invalid > 0)
        printf("invalid %" PRId64 " images have NaN or infinity among their outputs\n", r->invalid);
}

static int measure(const struct eval *a, const struct rsl_model *model, const struct rsl_data *data,
                   struct rsl_eval_result *result) {
    struct progress progress;
    struct preprocess_texts texts;
    struct rsl_eval_options o = {
        .images = a->images,
        .batch = a->batch,
        .threads = (int)a->threads,
        .compute = integer_compute(a->compute),
        .reference = a->reference,
        .exact = a->exact,
        .packed = a->packed,
        .preprocess = preprocess_texts(&texts, &a->preprocess),
        .progress = on_progress,
        .context = &progress,
    };
    progress_start(&progress, a->quiet, "evaluating", "images");
    interrupt_watch();
    int status = rsl_eval(model, data, &o, result);
    progress_end(&progress);
    return status;
}

/* With --storage, the network as those weights read. */
static int store_weights(const struct eval *a, struct rsl_model *model) {
    const struct rsl_quantize_options o = {.storage = a->integer.storage};
    struct rsl_quantize_result result;
    if (!o.storage || integer_wanted(a->compute)) return RSL_OK;
    return rsl_quantize(model, &o, &result);
}

/* With --compute int8, the integer network in place of *model; *model then stays behind in *from.
 */
static int make_integer(const struct eval *a, const struct rsl_data_options *o,
                        struct rsl_model **model, struct rsl_model **from) {
    struct preprocess_texts texts;
    struct rsl_integer_options integer = integer_options(&a->integer, (int)a->threads);
    struct rsl_data *data;
    if (!integer_wanted(a->compute)) return RSL_OK;
    integer.preprocess = preprocess_texts(&texts, &a->preprocess);
    int status = integer_open_data(&data, a->data, o);
    if (status < 0) return status;
    *from = *model;
    status = rsl_integer_model(model, *from, data, &integer);
    rsl_data_close(data);
    return status;
}

static int check_accuracy(const struct eval *a, const struct rsl_eval_result *r) {
    if (!a->accuracy_given || r->top1 >= 100 * a->accuracy_min) return EXIT_DONE;
    complain("top-1 is %.2f %%, at least %.4g %% are required", r->top1, 100 * a->accuracy_min);
    return EXIT_UNMET;
}

static int run(const void *arguments) {
    const struct eval *a = arguments;
    struct rsl_data_options o = {
        .split = name_of_split(a->split), .seed = (uint64_t)a->seed, .count = a->images};
    struct rsl_eval_result result = {0};
    struct rsl_model *model = NULL, *from = NULL;
    struct rsl_data *data = NULL;
    struct preprocess_texts texts;
    int code = integer_check(&a->integer, a->compute);
    if (code != EXIT_DONE) return code;
    int status = model_file_open(&model, a->model, a->arch);
    if (status == RSL_OK) status = rsl_data_open(&data, a->data, &o);
    if (status == RSL_OK)
        status = rsl_model_fit(model, data, preprocess_texts(&texts, &a->preprocess));
    if (status == RSL_OK) status = store_weights(a, model);
    if (status == RSL_OK) status = make_integer(a, &o, &model, &from);
    if (status == RSL_OK) status = measure(a, model, data, &result);
    if (status < 0) {
        code = library_error(status);
    } else if (a->json) {
        code = print_json(a, storage_of(a, from ? from : model), data, &result);
    } else {
        print_text(a, storage_of(a, from ? from : model), &result);
        code = EXIT_DONE;
    }
    rsl_data_close(data);
    rsl_model_free(model);
    rsl_model_free(from);
    return code == EXIT_DONE ? check_accuracy(a, &result) : code;
}

static const struct option options[] = {
    MODEL_FILE_OPTIONS(struct eval, model, arch),
    OPTION_DATA(struct eval, data),
    OPTION_SPLIT(struct eval, split),
    OPTION_IMAGES(struct eval, images),
    {"batch", 'b', OPTION_INT, offsetof(struct eval, batch), "N",
     "images at a time; 0: 64, or what the model is fixed to", "0", .max = 65536},
    OPTION_COMPUTE(struct eval, compute),
    INTEGER_OPTIONS(struct eval, integer),
    OPTION_REFERENCE(struct eval, reference),
    OPTION_EXACT(struct eval, exact),
    {"packed", 'p', OPTION_FLAG, offsetof(struct eval, packed),
     .help = "read the weights' stored bits, and vote, at every inference"},
    PREPROCESS_OPTIONS(struct eval, preprocess),
    {"accuracy-min", 0, OPTION_DOUBLE, offsetof(struct eval, accuracy_min), "A",
     "required: top-1, a share (0.9) or per cent (90%); else the exit code is 3", .max = 1,
     .given = offsetof(struct eval, accuracy_given)},
    OPTION_THREADS(struct eval, threads),
    OPTION_SEED(struct eval, seed, "of a drawn data set"),
    OPTION_QUIET(struct eval, quiet),
    OPTION_JSON(struct eval, json),
    {0}};

static const char *const examples[] = {
    "CIFAR-10, with the preprocessing that the model names",
    "resile eval resnet20.onnx --data cifar10:/data/cifar-10-batches-bin",
    "a checkpoint, its network and what its pixels become",
    "resile eval resnet20.th --arch resnet20 --data cifar10 --mean 0.485,0.456,0.406 --std "
    "0.229,0.224,0.225",
    "other preprocessing, bfloat16, as JSON",
    "resile eval m.onnx --data cifar10 --mean 0.49,0.48,0.45 --std 0.2,0.2,0.2 -c bf16 --json",
    "the integer network on 4-bit codes",
    "resile eval m.onnx --data cifar10 --compute int8 --storage affine4",
    NULL};

const struct command command_eval = {
    .name = "eval",
    .group = "Measure",
    .summary = "Accuracy and speed of a model on a data set",
    .about =
        "top-1 is the share of images whose label is the largest output, top-5 the share whose "
        "label is among the five largest. Speed includes reading and preprocessing.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct eval),
    .run = run,
};
