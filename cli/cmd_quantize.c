/* `resile quantize MODEL --bits W -o Q.onnx`: weights of few bits, protected or not. */
#include "command.h"
#include "message.h"
#include "names.h"
#include "output.h"
#include "same_file.h"

#include <resile/memory.h>
#include <resile/quantize.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct quantize {
    const char *model, *output, *protect, *protect_scales, *storage;
    int64_t bits, msb, copies;
    int encoding, granularity, rounding, layout;
    bool bits_given, protect_given, msb_given, scales_given, json;
};

static const char *protection_word(int i) {
    static const char *const words[] = {"none", "msb", "msb:2", "tmr", "parity", NULL};
    return words[i];
}

static const char *scales_word(int i) {
    static const char *const words[] = {"none", "tmr", NULL};
    return words[i];
}

static int print_json(const struct quantize *a, const struct rsl_quantize_result *r) {
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_object(j);
    output_json_text(j, "model", a->output);
    output_json_text(j, "storage", r->storage);
    output_json_int(j, "tensors", r->tensors);
    output_json_int(j, "weights", r->weights);
    output_json_int(j, "bits", r->bits);
    output_json_int(j, "bits_with_scales", r->bits + r->parameter_bits);
    output_json_double(j, "ratio_to_f32", (double)r->bits / (32.0 * (double)r->weights));
    output_json_double(j, "ratio_to_w8", (double)r->bits / (8.0 * (double)r->weights));
    output_json_double(j, "error", r->error);
    output_json_int(j, "constant_channels", r->constant);
    rsl_json_end(j);
    return output_json(j);
}

static void print_text(const struct rsl_quantize_result *r) {
    printf("storage   %s\n", r->storage);
    printf("weights   %" PRId64 " in %" PRId64 " tensors\n", r->weights, r->tensors);
    printf("memory    %" PRId64 " bits, %.1f %% of f32, %.1f %% of 8 bits; %" PRId64
           " with scales and zero points\n",
           r->bits, 100 * (double)r->bits / (32.0 * (double)r->weights),
           100 * (double)r->bits / (8.0 * (double)r->weights), r->bits + r->parameter_bits);
    printf("error     %.4g of the weights' root mean square\n", r->error);
    if (r->constant > 0)
        printf("constant  %" PRId64 " channels hold one value, which is stored exactly\n",
               r->constant);
}

/* The first option given that --storage says, too; NULL: none. */
static const char *beside_storage(const struct quantize *a) {
    const struct {
        bool given;
        const char *name;
    } options[] = {{a->bits_given, "--bits"},        {a->protect_given, "--protect"},
                   {a->msb_given, "--msb"},          {a->scales_given, "--protect-scales"},
                   {a->encoding != 0, "--encoding"}, {a->granularity != 0, "--granularity"},
                   {a->rounding != 0, "--rounding"}, {a->layout != 0, "--layout"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].given) return options[i].name;
    return NULL;
}

/* EXIT_DONE when the options go together. */
static int check(const struct quantize *a) {
    const char *other = a->storage ? beside_storage(a) : NULL;
    if (other) return usage_error("give either --storage, which says all of it, or %s", other);
    if (!a->storage && !a->bits_given)
        return usage_error("give either --bits, for all weights alike, or --storage");
    if (a->msb_given && a->protect_given) return usage_error("give either --msb or --protect");
    if (a->copies != 3)
        return usage_error("--copies %" PRId64
                           ": protected bits are stored three times, which is "
                           "what a majority takes",
                           a->copies);
    char storage[128]; /* of the widest codes: the words alone are looked at here */
    snprintf(storage, sizeof storage, "affine8/%s", a->protect_given ? a->protect : "none");
    if (rsl_storage_check(storage) < 0) return usage_error("%s", rsl_errmsg());
    return check_replaces(a->output, a->model);
}

static int quantize(const struct quantize *a, struct rsl_quantize_result *result) {
    char msb[16];
    struct rsl_model *model;
    snprintf(msb, sizeof msb, "msb:%d", (int)a->msb);
    const struct rsl_quantize_options o = {
        .storage = a->storage,
        .bits = (int)a->bits,
        .encoding = name_of_encoding(a->encoding),
        .granularity = name_of_granularity(a->granularity),
        .rounding = name_of_rounding(a->rounding),
        .protect = a->msb_given ? msb : a->protect,
        .layout = name_of_layout(a->layout),
        .protect_scales = a->protect_scales,
    };
    int status = rsl_model_load(&model, a->model);
    if (status < 0) return status;
    status = rsl_model_can_save_packed(model, &o);
    if (status == 0) status = rsl_quantize(model, &o, result);
    if (status == 0) status = rsl_model_save_packed(model, a->output);
    rsl_model_free(model);
    return status;
}

static int run(const void *arguments) {
    const struct quantize *a = arguments;
    struct rsl_quantize_result result = {0};
    int code = check(a);
    if (code != EXIT_DONE) return code;
    int status = quantize(a, &result);
    if (status < 0) return library_error(status);
    if (a->json) return print_json(a, &result);
    print_text(&result);
    return EXIT_DONE;
}

static const struct option options[] = {
    {"MODEL", .type = OPTION_TEXT, .at = offsetof(struct quantize, model), .operand = true,
     .required = true, .complete = COMPLETE_FILE, .help = "ONNX file of f32 weights"},
    {"bits", 'w', OPTION_INT, offsetof(struct quantize, bits), "W", "of each code, 2 to 8",
     .min = 2, .max = 8, .given = offsetof(struct quantize, bits_given)},
    ENCODING_OPTIONS(struct quantize, encoding, granularity, rounding),
    {"protect", 'p', OPTION_TEXT, offsetof(struct quantize, protect), "P",
     "none; msb[:K]: the K top bits three times; tmr: all bits; parity", "none",
     .words = protection_word, .given = offsetof(struct quantize, protect_given)},
    {"msb", 0, OPTION_INT, offsetof(struct quantize, msb), "K", "the same as --protect msb:K",
     .min = 1, .max = 8, .given = offsetof(struct quantize, msb_given)},
    {"protect-scales", 0, OPTION_TEXT, offsetof(struct quantize, protect_scales), "P",
     "of scales and zero points: none; tmr: all their bits three times", "none",
     .words = scales_word, .given = offsetof(struct quantize, scales_given)},
    {"copies", 0, OPTION_INT, offsetof(struct quantize, copies), "N",
     "how often protected bits are stored; a majority takes three", "3", .max = 1e6},
    OPTION_LAYOUT(struct quantize, layout, "word"),
    {"storage", 'S', OPTION_TEXT, offsetof(struct quantize, storage), "E/P/L[; LAYER=E/P/L]",
     "instead of all these: how weights are stored, layer by layer where they differ",
     .preset = NULL},
    {"output", 'o', OPTION_TEXT, offsetof(struct quantize, output), "FILE", "ONNX file to write",
     .required = true, .complete = COMPLETE_FILE},
    OPTION_JSON(struct quantize, json),
    {0}};

static const char *const examples[] = {
    "three bits, the top one stored three times: 5 bits for each weight",
    "resile quantize model.onnx --bits 3 --protect msb -o hard.onnx",
    "and with three copies of its scales and zero points",
    "resile quantize model.onnx --bits 3 --protect msb --protect-scales tmr -o hard.onnx",
    "eight bits as FORTUNE's baseline has them",
    "resile quantize model.onnx --bits 8 --encoding symmetric -o w8.onnx",
    "four bits, but eight for the first layer, and all of them three times",
    "resile quantize model.onnx --storage 'affine4/msb; conv1=affine8/tmr' -o mix.onnx",
    NULL};

const struct command command_quantize = {
    .name = "quantize",
    .group = "Harden",
    .summary = "Store weights in few bits, protected or not",
    .about =
        "Weights of convolutions and linear layers; biases and normalization stay f32. No "
        "retraining, no calibration. The file holds exactly the stored bits, and standard ONNX "
        "operators that unpack, vote and scale them: any ONNX runtime (opset 18) runs it.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct quantize),
    .run = run,
};
