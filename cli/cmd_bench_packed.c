/* `resile bench packed`: networks that compute on stored, protected bits beside 8-bit codes. */
#include "bench_network.h"
#include "command.h"
#include "message.h"
#include "names.h"
#include "output.h"

#include <resile/packed.h>
#include <resile/provenance.h>

#include <inttypes.h>
#include <stdio.h>

struct bench {
    const char *arch, *model, *protect;
    int64_t bits, batch, threads, seed;
    int compute;
    double seconds, ber;
    bool json;
};

static const char *protection_word(int i) {
    static const char *const words[] = {"none", "msb", "msb:2", "tmr", NULL};
    return words[i];
}

static const char *compute_word(int i) {
    static const char *const words[] = {"f32", "int8", NULL};
    return words[i];
}

/* NaN, printed as null, where a network has no linear layers. */
static double ratio(double a, double b) {
    return a / b;
}

static int print_json(const struct bench *a, const struct rsl_bench_packed_result *r) {
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_object(j);
    output_json_text(j, a->arch ? "arch" : "model", a->arch ? a->arch : a->model);
    output_json_text(j, "storage", r->storage);
    output_json_text(j, "baseline", r->baseline);
    output_json_text(j, "kernel", r->kernel);
    output_json_text(j, "compute", compute_word(a->compute));
    output_json_int(j, "batch", a->batch);
    output_json_double(j, "ber", a->ber);
    output_json_int(j, "threads", a->threads > 0 ? a->threads : rsl_cpu_threads());
    output_json_double(j, "time_ratio_to_w8", ratio(r->packed, r->w8));
    output_json_double(j, "linear_time_ratio_to_w8", ratio(r->linear_packed, r->linear_w8));
    output_json_double(j, "memory_ratio_to_w8", ratio((double)r->bits_packed, (double)r->bits_w8));
    output_json_double(j, "time_ratio_to_unprotected", ratio(r->packed, r->plain));
    output_json_double(j, "linear_time_ratio_to_unprotected",
                       ratio(r->linear_packed, r->linear_plain));
    output_json_double(j, "seconds", r->packed);
    output_json_double(j, "seconds_unprotected", r->plain);
    output_json_double(j, "seconds_w8", r->w8);
    output_json_double(j, "linear_seconds", r->linear_packed);
    output_json_double(j, "linear_seconds_unprotected", r->linear_plain);
    output_json_double(j, "linear_seconds_w8", r->linear_w8);
    output_json_int(j, "passes", r->passes);
    rsl_json_end(j);
    return output_json(j);
}

static void print_text(const struct bench *a, const struct rsl_bench_packed_result *r) {
    printf("%s, batch %" PRId64 ", %s, %s (%s) beside %s\n", a->arch ? a->arch : a->model, a->batch,
           compute_word(a->compute), r->storage, r->kernel, r->baseline);
    printf("memory   %.3f of 8 bits\n", ratio((double)r->bits_packed, (double)r->bits_w8));
    printf("network  %.3f ms, %.3f of 8 bits, %.3f of the same width unprotected\n",
           1e3 * r->packed, ratio(r->packed, r->w8), ratio(r->packed, r->plain));
    if (r->linear_w8 > 0)
        printf("linear   %.3f ms, %.3f of 8 bits, %.3f of the same width unprotected\n",
               1e3 * r->linear_packed, ratio(r->linear_packed, r->linear_w8),
               ratio(r->linear_packed, r->linear_plain));
    printf("passes   %" PRId64 " of each, alternating, caches emptied before each; medians\n",
           r->passes);
}

static int run(const void *arguments) {
    const struct bench *a = arguments;
    struct rsl_bench_packed_options o = {
        .bits = (int)a->bits,
        .protect = a->protect,
        .batch = a->batch,
        .threads = (int)a->threads,
        .seconds = a->seconds,
        .ber = a->ber,
        .seed = (uint64_t)a->seed,
        .compute = compute_word(a->compute),
    };
    struct rsl_bench_packed_result result;
    struct rsl_model *model;
    int code = bench_network(a->arch, a->model, &model);
    if (code != EXIT_DONE) return code;
    int status = rsl_bench_packed(model, &o, &result);
    rsl_model_free(model);
    if (status < 0) return library_error(status);
    if (a->json) return print_json(a, &result);
    print_text(a, &result);
    return EXIT_DONE;
}

static const struct option options[] = {
    BENCH_NETWORK_OPTIONS(struct bench, arch, model, "an ONNX file of f32 weights instead"),
    {"bits", 'w', OPTION_INT, offsetof(struct bench, bits), "W", "of each code", "3", .min = 2,
     .max = 8},
    {"protect", 'p', OPTION_TEXT, offsetof(struct bench, protect), "P", "none, msb[:K] or tmr",
     "msb", .words = protection_word},
    {"compute", 'c', OPTION_CHOICE, offsetof(struct bench, compute), "HOW",
     "f32, or int8: all three as integer networks", "f32", .words = compute_word},
    BENCH_BATCH(struct bench, batch, "images per pass", "1"),
    {"ber", 0, OPTION_DOUBLE, offsetof(struct bench, ber), "P",
     "this share of the weights' bits is flipped first", "0", .max = 1},
    BENCH_SECONDS(struct bench, seconds, "5"),
    OPTION_THREADS(struct bench, threads),
    OPTION_SEED(struct bench, seed, "of the random images"),
    OPTION_JSON(struct bench, json),
    {0}};

static const char *const examples[] = {
    "AlexNet with three bits and a voted top bit, one image at a time",
    "resile bench packed --arch alexnet --bits 3 --protect msb --batch 1",
    "the same in a memory in which one bit of ten thousand is wrong",
    "resile bench packed --arch alexnet --bits 3 --protect msb --ber 1e-4",
    "in integers",
    "resile bench packed --arch alexnet --bits 3 --protect msb --compute int8",
    NULL};

const struct command command_bench_packed = {
    .name = "bench packed",
    .group = "Measure",
    .summary = "Speed of computing on stored, voted bits beside 8-bit codes",
    .about =
        "Three networks take turns: blocks of bit planes of the width and protection asked for, "
        "the same "
        "width without protection, and 8-bit codes (affine8/none/word) streamed by the same "
        "kernels. Activations and results are f32 in all three, or 8-bit integers. A vote reads "
        "the third copy of a "
        "bit only where the first two differ, so that errors cost time: --ber shows how much.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct bench),
    .run = run,
};
