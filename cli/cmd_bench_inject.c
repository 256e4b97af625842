/* `resile bench inject`: the speed of faulty inference. */
#include "bench_network.h"
#include "command.h"
#include "integer.h"
#include "message.h"
#include "names.h"
#include "output.h"

#include <resile/campaign.h>
#include <resile/provenance.h>
#include <resile/run.h>

#include <inttypes.h>
#include <stdio.h>

struct bench {
    const char *arch, *model, *fault, *storage;
    int compute;
    int64_t images, trials, threads, seed;
    double rate, seconds;
    bool reference, naive, json;
};

static const char *storage_of(const struct bench *a) {
    if (a->storage) return a->storage;
    return integer_wanted(a->compute) ? INTEGER_STORAGE : "f32";
}

static int print_json(const struct bench *a, const struct rsl_bench_inject_result *r) {
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_object(j);
    output_json_text(j, a->arch ? "arch" : "model", a->arch ? a->arch : a->model);
    output_json_text(j, "fault", a->fault);
    output_json_text(j, "storage", storage_of(a));
    output_json_text(j, "compute", a->reference ? "reference" : rsl_compute_name(a->compute));
    output_json_text(j, "executor", r->executor);
    output_json_int(j, "threads", a->threads > 0 ? a->threads : rsl_cpu_threads());
    output_json_int(j, "images", r->images);
    output_json_int(j, "trials", r->trials);
    output_json_double(j, "fault_inferences_per_second", r->fault_inferences_per_second);
    output_json_double(j, "trials_per_minute", r->trials_per_minute);
    output_json_double(j, "golden_images_per_second_and_thread", r->golden_images_per_second);
    output_json_int(j, "passes", r->passes);
    output_json_double(j, "seconds", r->seconds);
    output_json_double(j, "setup_seconds", r->setup_seconds);
    rsl_json_end(j);
    return output_json(j);
}

static void print_text(const struct bench *a, const struct rsl_bench_inject_result *r) {
    printf("%s, %s on %s, %s executor, %" PRId64 " threads\n", a->arch ? a->arch : a->model,
           a->fault, storage_of(a), r->executor, a->threads > 0 ? a->threads : rsl_cpu_threads());
    printf("speed   %.1f faulty inferences/s, %.4g trials of %" PRId64 " images per minute\n",
           r->fault_inferences_per_second, r->trials_per_minute, r->images);
    printf("golden  %.1f images/s and thread\n", r->golden_images_per_second);
    printf("setup   %.3f s\n", r->setup_seconds);
}

static int run(const void *arguments) {
    const struct bench *a = arguments;
    struct rsl_bench_inject_options o = {.fault = a->fault,
                                         .storage = storage_of(a),
                                         .compute = rsl_compute_name(a->compute),
                                         .rate = a->rate,
                                         .images = a->images,
                                         .trials = a->trials,
                                         .threads = (int)a->threads,
                                         .naive = a->naive,
                                         .reference = a->reference,
                                         .seconds = a->seconds,
                                         .seed = (uint64_t)a->seed};
    struct rsl_bench_inject_result result;
    struct rsl_model *model;
    int code = bench_network(a->arch, a->model, &model);
    if (code != EXIT_DONE) return code;
    int status = rsl_bench_inject(model, &o, &result);
    rsl_model_free(model);
    if (status < 0) return library_error(status);
    if (a->json) return print_json(a, &result);
    print_text(a, &result);
    return EXIT_DONE;
}

static const struct option options[] = {
    BENCH_NETWORK_OPTIONS(struct bench, arch, model, "an ONNX file instead"),
    {"fault", 'f', OPTION_TEXT, offsetof(struct bench, fault), "SPEC", "as for inject",
     .preset = "single"},
    {"ber", 0, OPTION_DOUBLE, offsetof(struct bench, rate), "P",
     "the rate that the fault leaves open", "1e-5", .max = 1},
    {"storage", 'S', OPTION_TEXT, offsetof(struct bench, storage), "E[/P[/L]]",
     "how the weights are stored (default: f32, or 16 bits as the file has; "
     "with --compute int8 symmetric8:channel)",
     .preset = NULL},
    {"images", 'n', OPTION_INT, offsetof(struct bench, images), "N", "random images", "64",
     .min = 1, .max = 1048576},
    {"trials", 'k', OPTION_INT, offsetof(struct bench, trials), "N", "trials on them per pass",
     "64", .min = 1, .max = 1048576},
    OPTION_COMPUTE(struct bench, compute),
    {"naive", .type = OPTION_FLAG, .at = offsetof(struct bench, naive), .help = "skip nothing"},
    OPTION_REFERENCE(struct bench, reference),
    BENCH_SECONDS(struct bench, seconds, "3"),
    OPTION_THREADS(struct bench, threads),
    OPTION_SEED(struct bench, seed, "of images and faults"),
    OPTION_JSON(struct bench, json),
    {0}};

static const char *const examples[] = {
    "single bit flips in ResNet-20, two threads",
    "resile bench inject --arch resnet20 --fault single --threads 2",
    "bit errors in 8-bit weights, everything recomputed",
    "resile bench inject --arch resnet18 --storage symmetric8 --fault ber --naive --json", NULL};

const struct command command_bench_inject = {
    .name = "bench inject",
    .group = "Measure",
    .summary = "Speed of faulty inference",
    .about =
        "Repeats a group of trials on random images, other faults each time, and reports faulty "
        "inferences (images x trials) per second, fault-free runs and drawing included.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct bench),
    .run = run,
};
