/* `resile bench forward`: the speed of a network's forward pass alone. */
#include "bench_network.h"
#include "command.h"
#include "integer.h"
#include "message.h"
#include "names.h"
#include "output.h"

#include <resile/eval.h>
#include <resile/provenance.h>

#include <inttypes.h>
#include <stdio.h>

struct bench {
    const char *arch, *model;
    int compute;
    int64_t batch, threads, seed;
    double seconds;
    struct integer integer;
    bool reference, exact, json;
};

static int print_json(const struct bench *a, const struct rsl_bench_result *r) {
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_object(j);
    output_json_text(j, a->arch ? "arch" : "model", a->arch ? a->arch : a->model);
    output_json_int(j, "batch", a->batch);
    output_json_text(j, "compute", a->reference ? "reference" : rsl_compute_name(a->compute));
    output_json_int(j, "threads", a->threads > 0 ? a->threads : rsl_cpu_threads());
    output_json_text(j, "onednn_isa", rsl_cpu_isa());
    output_json_double(j, "images_per_second", r->images_per_second);
    output_json_double(j, "fastest", r->fastest);
    output_json_double(j, "slowest", r->slowest);
    output_json_int(j, "passes", r->passes);
    output_json_double(j, "plan_seconds", r->plan_seconds);
    output_json_int(j, "workspace_bytes", (int64_t)r->workspace);
    rsl_json_end(j);
    return output_json(j);
}

static void print_text(const struct bench *a, const struct rsl_bench_result *r) {
    printf("%s, batch %" PRId64 ", %s, %" PRId64 " threads\n", a->arch ? a->arch : a->model,
           a->batch, a->reference ? "reference kernels" : rsl_compute_name(a->compute),
           a->threads > 0 ? a->threads : rsl_cpu_threads());
    printf("speed      %.1f images/s (median of %" PRId64 " passes, %.1f to %.1f)\n",
           r->images_per_second, r->passes, r->slowest, r->fastest);
    printf("planning   %.3f s\n", r->plan_seconds);
    printf("workspace  %.1f MB\n", (double)r->workspace / 1e6);
}

static int run(const void *arguments) {
    const struct bench *a = arguments;
    struct rsl_bench_options o = {
        .run = {.batch = a->batch,
                .threads = (int)a->threads,
                .compute = integer_compute(a->compute),
                .reference = a->reference,
                .exact = a->exact},
        .seconds = a->seconds,
        .seed = (uint64_t)a->seed,
    };
    struct rsl_bench_result result = {0};
    struct rsl_model *model;
    int code = integer_check(&a->integer, a->compute);
    if (code != EXIT_DONE) return code;
    if (a->integer.storage && !integer_wanted(a->compute))
        return usage_error(
            "--storage is about --compute int8; `resile bench packed` measures stored "
            "bits in f32");
    code = bench_network(a->arch, a->model, &model);
    if (code != EXIT_DONE) return code;
    struct rsl_model *integer = NULL;
    int status = RSL_OK;
    if (integer_wanted(a->compute)) {
        struct rsl_integer_options i = integer_options(&a->integer, (int)a->threads);
        i.random = 1;
        status = rsl_integer_model(&integer, model, NULL, &i);
    }
    if (status == RSL_OK) status = rsl_bench_forward(integer ? integer : model, &o, &result);
    rsl_model_free(integer);
    rsl_model_free(model);
    if (status < 0) return library_error(status);
    if (a->json) return print_json(a, &result);
    print_text(a, &result);
    return EXIT_DONE;
}

static const struct option options[] = {
    BENCH_NETWORK_OPTIONS(struct bench, arch, model, "an ONNX file instead"),
    BENCH_BATCH(struct bench, batch, "images per pass", "1"),
    OPTION_COMPUTE(struct bench, compute),
    INTEGER_OPTIONS(struct bench, integer),
    OPTION_REFERENCE(struct bench, reference),
    OPTION_EXACT(struct bench, exact),
    BENCH_SECONDS(struct bench, seconds, "3"),
    OPTION_THREADS(struct bench, threads),
    OPTION_SEED(struct bench, seed, "of the random images"),
    OPTION_JSON(struct bench, json),
    {0}};

static const char *const examples[] = {
    "ResNet-18 for CIFAR at batch 16 on two threads",
    "resile bench forward --arch resnet18 --batch 16 --threads 2",
    "a model of your own, with Winograd convolutions",
    "resile bench forward --model model.onnx --compute f32-winograd --json", NULL};

const struct command command_bench_forward = {
    .name = "bench forward",
    .group = "Measure",
    .summary = "Speed of a network's forward pass",
    .about =
        "Repeats the pass on random images and reports the median. A network named by --arch "
        "has fresh weights, which are as fast as trained ones.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct bench),
    .run = run,
};
