/* `resile scrub Q.onnx -o R.onnx`: what a protection can correct is rewritten. */
#include "command.h"
#include "message.h"
#include "output.h"

#include <resile/quantize.h>

#include <inttypes.h>
#include <stdio.h>

struct scrub {
    const char *model, *output;
    bool json;
};

static int print_json(const struct scrub *a, const char *storage,
                      const struct rsl_scrub_result *r) {
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_object(j);
    output_json_text(j, "model", a->model);
    output_json_text(j, "output", a->output);
    output_json_text(j, "storage", storage);
    output_json_int(j, "words", r->words);
    output_json_int(j, "corrected", r->corrected);
    output_json_int(j, "detected", r->detected);
    rsl_json_end(j);
    return output_json(j);
}

static int scrub(const struct scrub *a, struct rsl_model *model) {
    struct rsl_scrub_result r;
    int status = rsl_model_scrub(model, &r);
    if (status == 0 && a->output) status = rsl_model_save_packed(model, a->output);
    if (status < 0) return library_error(status);
    if (a->json) return print_json(a, rsl_model_storage(model), &r);
    printf("storage    %s\n", rsl_model_storage(model));
    printf("words      %" PRId64 "\n", r.words);
    printf("corrected  %" PRId64 "%s\n", r.corrected, a->output ? " and rewritten" : "");
    printf("detected   %" PRId64 "\n", r.detected);
    return EXIT_DONE;
}

static int run(const void *arguments) {
    const struct scrub *a = arguments;
    struct rsl_model *model;
    int status = rsl_model_load(&model, a->model);
    if (status < 0) return library_error(status);
    int code = scrub(a, model);
    rsl_model_free(model);
    return code;
}

static const struct option options[] = {
    {"MODEL", .type = OPTION_TEXT, .at = offsetof(struct scrub, model), .operand = true,
     .required = true, .complete = COMPLETE_FILE, .help = "file of `resile quantize`"},
    {"output", 'o', OPTION_TEXT, offsetof(struct scrub, output), "FILE",
     "write the model with its words put right; may be MODEL itself", .preset = NULL,
     .complete = COMPLETE_FILE},
    OPTION_JSON(struct scrub, json),
    {0}};

static const char *const examples[] = {"how many words of a file were hit",
                                       "resile scrub hard.onnx", "put them right",
                                       "resile scrub hard.onnx -o hard.onnx", NULL};

const struct command command_scrub = {
    .name = "scrub",
    .group = "Harden",
    .summary = "Rewrite the stored words that their protection corrects",
    .about =
        "A vote hides a flipped bit as long as no second one joins it. Scrubbing reads every "
        "stored "
        "word, votes, and writes what came out, as a memory controller does in the field. Counted "
        "are words corrected, and words that were wrong and could not be.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct scrub),
    .run = run,
};
