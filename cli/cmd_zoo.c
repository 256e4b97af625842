/* `resile zoo list` and `resile zoo build`: the published networks. */
#include "command.h"
#include "message.h"
#include "names.h"
#include "output.h"
#include "table.h"

#include <resile/zoo.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- list ---- */

struct zoo_list {
    bool json;
};

/* Of network i: its input, and how many parameters it has. */
static int facts(size_t i, int64_t chw[3], int64_t *parameters) {
    *parameters = rsl_zoo_parameters(i);
    return *parameters < 0 ? (int)*parameters : rsl_zoo_input(i, chw);
}

static int list_json(void) {
    const char *name;
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_array(j);
    for (size_t i = 0; (name = rsl_zoo_name(i)) != NULL; i++) {
        int64_t chw[3], parameters;
        int status = facts(i, chw, &parameters);
        if (status < 0) {
            rsl_json_free(j);
            return library_error(status);
        }
        rsl_json_object(j);
        output_json_text(j, "name", name);
        output_json_text(j, "summary", rsl_zoo_summary(i));
        output_json_text(j, "source", rsl_zoo_source(i));
        rsl_json_key(j, "input");
        rsl_json_array(j);
        for (int d = 0; d < 3; d++) rsl_json_int(j, chw[d]);
        rsl_json_end(j);
        output_json_int(j, "classes", rsl_zoo_classes(i));
        output_json_int(j, "parameters", parameters);
        rsl_json_end(j);
    }
    rsl_json_end(j);
    return output_json(j);
}

static int list(const void *arguments) {
    const struct zoo_list *a = arguments;
    const char *name;
    if (a->json) return list_json();
    struct table t = {.align = "lrrrll"};
    table_row(&t, "name", "parameters", "input", "classes", "what it is", "after");
    for (size_t i = 0; (name = rsl_zoo_name(i)) != NULL; i++) {
        int64_t chw[3], parameters;
        int status = facts(i, chw, &parameters);
        if (status < 0) {
            table_free(&t);
            return library_error(status);
        }
        table_cell(&t, "%s", name);
        table_cell(&t, "%" PRId64, parameters);
        table_cell(&t, "%" PRId64 "x%" PRId64 "x%" PRId64, chw[0], chw[1], chw[2]);
        if (rsl_zoo_classes(i) > 0)
            table_cell(&t, "%" PRId64, rsl_zoo_classes(i));
        else
            table_cell(&t, "-");
        table_cell(&t, "%s", rsl_zoo_summary(i));
        table_cell(&t, "%s", rsl_zoo_source(i));
    }
    return table_print(&t);
}

static const struct option list_options[] = {OPTION_JSON(struct zoo_list, json), {0}};

static const char *const list_examples[] = {"which networks are there?", "resile zoo list", NULL};

const struct command command_zoo_list = {
    .name = "zoo list",
    .group = "Models",
    .summary = "The networks that can be built",
    .examples = list_examples,
    .options = list_options,
    .size = sizeof(struct zoo_list),
    .run = list,
};

/* ---- build ---- */

struct zoo_build {
    const char *arch, *output;
    int64_t classes, seed;
    struct sizes input;
};

static int build(const void *arguments) {
    const struct zoo_build *a = arguments;
    struct rsl_zoo_options o = {.classes = a->classes, .seed = (uint64_t)a->seed};
    struct rsl_model *model;
    if (a->input.n != 0 && a->input.n != 3)
        return usage_error("--input must be CHANNELSxHEIGHTxWIDTH such as 3x32x32");
    o.channels = a->input.at[0];
    o.height = a->input.at[1];
    o.width = a->input.at[2];
    int status = rsl_zoo_build(&model, a->arch, &o);
    if (status < 0) return library_error(status);
    status = rsl_model_save(model, a->output);
    rsl_model_free(model);
    return status < 0 ? library_error(status) : EXIT_DONE;
}

static const struct option build_options[] = {
    {"ARCH", .at = offsetof(struct zoo_build, arch), .type = OPTION_TEXT, .operand = true,
     .required = true, .words = name_of_arch, .closed = true,
     .help = "a name of `resile zoo list`"},
    {"output", 'o', OPTION_OUTPUT, offsetof(struct zoo_build, output), "FILE", "ONNX file to write",
     .required = true, .complete = COMPLETE_FILE},
    {"classes", 'c', OPTION_INT, offsetof(struct zoo_build, classes), "N",
     "number of classes; 0: the network's own", "0", .max = 1e6},
    {"input", 0, OPTION_SIZES, offsetof(struct zoo_build, input), "CxHxW",
     "input size (the network's own if not given)", .preset = NULL},
    OPTION_SEED(struct zoo_build, seed, "of the fresh weights"),
    {0}};

static const char *const build_examples[] = {
    "a small network for 43 kinds of road signs",
    "resile zoo build cnn-small --classes 43 -o signs.onnx",
    "ResNet-18 for CIFAR-10 with other fresh weights",
    "resile zoo build resnet18 --seed 7 -o resnet18.onnx", NULL};

const struct command command_zoo_build = {
    .name = "zoo build",
    .group = "Models",
    .summary = "Write a network with fresh weights",
    .about =
        "The same ARCH, options and seed give the same bytes on every machine. Fresh weights "
        "know nothing: an accuracy measured with them is that of guessing.",
    .examples = build_examples,
    .options = build_options,
    .size = sizeof(struct zoo_build),
    .run = build,
};
