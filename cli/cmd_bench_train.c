/* `resile bench train`: the speed of a training step. */
#include "bench_network.h"
#include "command.h"
#include "integer.h"
#include "message.h"
#include "names.h"
#include "output.h"

#include <resile/provenance.h>
#include <resile/train.h>

#include <inttypes.h>
#include <stdio.h>

struct bench {
    const char *arch, *model;
    int compute;
    int64_t batch, threads, seed;
    double seconds;
    const char *optimizer;
    bool json;
};

static int print_json(const struct bench *a, const struct rsl_bench_train_result *r) {
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_object(j);
    output_json_text(j, a->arch ? "arch" : "model", a->arch ? a->arch : a->model);
    output_json_int(j, "batch", a->batch);
    output_json_text(j, "compute", rsl_compute_name(a->compute));
    output_json_int(j, "threads", a->threads > 0 ? a->threads : rsl_cpu_threads());
    output_json_text(j, "onednn_isa", rsl_cpu_isa());
    output_json_double(j, "images_per_second", r->images_per_second);
    output_json_double(j, "fastest", r->fastest);
    output_json_double(j, "slowest", r->slowest);
    output_json_int(j, "steps", r->steps);
    output_json_double(j, "plan_seconds", r->plan_seconds);
    output_json_int(j, "workspace_bytes", (int64_t)r->workspace);
    rsl_json_end(j);
    return output_json(j);
}

static void print_text(const struct bench *a, const struct rsl_bench_train_result *r) {
    printf("%s, batch %" PRId64 ", %s, %" PRId64 " threads\n", a->arch ? a->arch : a->model,
           a->batch, rsl_compute_name(a->compute), a->threads > 0 ? a->threads : rsl_cpu_threads());
    printf("speed      %.1f images/s (median of %" PRId64 " steps, %.1f to %.1f)\n",
           r->images_per_second, r->steps, r->slowest, r->fastest);
    printf("planning   %.3f s\n", r->plan_seconds);
    printf("workspace  %.1f MB\n", (double)r->workspace / 1e6);
}

static int run(const void *arguments) {
    const struct bench *a = arguments;
    struct rsl_bench_train_options o = {
        .batch = a->batch,
        .threads = (int)a->threads,
        .compute = rsl_compute_name(a->compute),
        .optimizer = a->optimizer,
        .seconds = a->seconds,
        .seed = (uint64_t)a->seed,
    };
    struct rsl_bench_train_result result;
    struct rsl_model *model;
    int code = bench_network(a->arch, a->model, &model);
    if (code != EXIT_DONE) return code;
    int status = rsl_bench_train(model, &o, &result);
    rsl_model_free(model);
    if (status < 0) return library_error(status);
    if (a->json) return print_json(a, &result);
    print_text(a, &result);
    return EXIT_DONE;
}

static const struct option options[] = {
    BENCH_NETWORK_OPTIONS(struct bench, arch, model, "an ONNX file instead"),
    BENCH_BATCH(struct bench, batch, "images per step", "128"),
    OPTION_FLOAT_COMPUTE(struct bench, compute),
    {"optimizer", 'o', OPTION_TEXT, offsetof(struct bench, optimizer), "NAME", "of the update",
     "sgd", .words = rsl_train_optimizer, .closed = true},
    BENCH_SECONDS(struct bench, seconds, "3"),
    OPTION_THREADS(struct bench, threads),
    OPTION_SEED(struct bench, seed, "of the random images and labels"),
    OPTION_JSON(struct bench, json),
    {0}};

static const char *const examples[] = {
    "one step of ResNet-18 on 128 CIFAR images, on two threads",
    "resile bench train --arch resnet18 --batch 128 --threads 2",
    "with Winograd convolutions both ways, as JSON",
    "resile bench train --arch vgg11 --compute f32-winograd --json", NULL};

const struct command command_bench_train = {
    .name = "bench train",
    .group = "Measure",
    .summary = "Speed of training a network",
    .about =
        "Repeats one training step (forward, backward and update) on a batch of random images "
        "and reports the median.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct bench),
    .run = run,
};
