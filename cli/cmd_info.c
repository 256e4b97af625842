/* `resile info MODEL`: what a model consists of. */
#include "command.h"
#include "message.h"
#include "output.h"
#include "table.h"

#include <resile/info.h>

#include <inttypes.h>
#include <stdio.h>

struct info {
    const char *model;
    struct sizes input;
    bool json;
};

static void json_port(struct rsl_json *j, const char *name, const char *type, const char *shape) {
    rsl_json_object(j);
    output_json_text(j, "name", name);
    output_json_text(j, "type", type);
    output_json_text(j, "shape", shape);
    rsl_json_end(j);
}

static void json_layers(struct rsl_json *j, const struct rsl_info *info) {
    rsl_json_key(j, "layers");
    rsl_json_array(j);
    for (size_t i = 0; i < rsl_info_layers(info); i++) {
        rsl_json_object(j);
        output_json_text(j, "name", rsl_info_layer_name(info, i));
        output_json_text(j, "op", rsl_info_layer_op(info, i));
        output_json_text(j, "shape", rsl_info_layer_shape(info, i));
        output_json_int(j, "parameters", rsl_info_layer_parameters(info, i));
        output_json_int(j, "weights", rsl_info_layer_weights(info, i));
        output_json_text(j, "type", rsl_info_layer_type(info, i));
        output_json_int(j, "bits", rsl_info_layer_bits(info, i));
        output_json_int(j, "macs", rsl_info_layer_macs(info, i));
        rsl_json_end(j);
    }
    rsl_json_end(j);
}

static int print_json(const struct rsl_info *info) {
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_object(j);
    rsl_json_key(j, "inputs");
    rsl_json_array(j);
    for (size_t i = 0; i < rsl_info_inputs(info); i++)
        json_port(j, rsl_info_input_name(info, i), rsl_info_input_type(info, i),
                  rsl_info_input_shape(info, i));
    rsl_json_end(j);
    rsl_json_key(j, "outputs");
    rsl_json_array(j);
    for (size_t i = 0; i < rsl_info_outputs(info); i++)
        json_port(j, rsl_info_output_name(info, i), rsl_info_output_type(info, i),
                  rsl_info_output_shape(info, i));
    rsl_json_end(j);
    output_json_int(j, "nodes", rsl_info_nodes(info));
    output_json_int(j, "parameters", rsl_info_parameters(info));
    output_json_int(j, "buffers", rsl_info_buffers(info));
    output_json_int(j, "weights", rsl_info_weights(info));
    output_json_int(j, "bits", rsl_info_bits(info));
    output_json_int(j, "macs", rsl_info_macs(info));
    json_layers(j, info);
    rsl_json_end(j);
    return output_json(j);
}

/* A count, or "-" for none: most nodes have no weights. */
static void count_cell(struct table *t, int64_t count) {
    if (count > 0)
        table_cell(t, "%" PRId64, count);
    else
        table_cell(t, "-");
}

static int print_text(const struct rsl_info *info) {
    struct table ports = {.align = "llll"};
    for (size_t i = 0; i < rsl_info_inputs(info); i++)
        table_row(&ports, "input", rsl_info_input_name(info, i), rsl_info_input_type(info, i),
                  rsl_info_input_shape(info, i));
    for (size_t i = 0; i < rsl_info_outputs(info); i++)
        table_row(&ports, "output", rsl_info_output_name(info, i), rsl_info_output_type(info, i),
                  rsl_info_output_shape(info, i));
    int code = table_print(&ports);
    if (code != EXIT_DONE) return code;
    putchar('\n');
    struct table t = {.align = "lllrrrlr"};
    table_row(&t, "layer", "op", "shape", "parameters", "weights", "bits", "type", "MACs");
    for (size_t i = 0; i < rsl_info_layers(info); i++) {
        const char *type = rsl_info_layer_type(info, i);
        table_cell(&t, "%s", rsl_info_layer_name(info, i));
        table_cell(&t, "%s", rsl_info_layer_op(info, i));
        table_cell(&t, "%s", rsl_info_layer_shape(info, i));
        count_cell(&t, rsl_info_layer_parameters(info, i));
        count_cell(&t, rsl_info_layer_weights(info, i));
        count_cell(&t, rsl_info_layer_bits(info, i));
        table_cell(&t, "%s", *type ? type : "-");
        count_cell(&t, rsl_info_layer_macs(info, i));
    }
    table_cell(&t, "total");
    table_cell(&t, "%" PRId64 " nodes", rsl_info_nodes(info));
    table_cell(&t, "%s", "");
    table_cell(&t, "%" PRId64, rsl_info_parameters(info));
    table_cell(&t, "%" PRId64, rsl_info_weights(info));
    table_cell(&t, "%" PRId64, rsl_info_bits(info));
    table_cell(&t, "%s", "");
    table_cell(&t, "%" PRId64, rsl_info_macs(info));
    return table_print(&t);
}

static int run(const void *arguments) {
    const struct info *a = arguments;
    struct rsl_model *model;
    struct rsl_info *info = NULL;
    if (a->input.n != 0 && a->input.n != 3)
        return usage_error("--input must be CHANNELSxHEIGHTxWIDTH such as 3x32x32");
    int status = rsl_model_load(&model, a->model);
    if (status < 0) return library_error(status);
    if (a->input.n)
        status = rsl_model_set_input(model, a->input.at[0], a->input.at[1], a->input.at[2]);
    if (status == RSL_OK) status = rsl_model_info(&info, model);
    rsl_model_free(model);
    if (status < 0) return library_error(status);
    int code = a->json ? print_json(info) : print_text(info);
    rsl_info_free(info);
    return code;
}

static const struct option options[] = {
    {"MODEL", .type = OPTION_TEXT, .at = offsetof(struct info, model), .operand = true,
     .required = true, .complete = COMPLETE_FILE, .help = "ONNX file"},
    {"input", 0, OPTION_SIZES, offsetof(struct info, input), "CxHxW",
     "input size, of a model that leaves it open", .preset = NULL},
    OPTION_JSON(struct info, json),
    {0}};

static const char *const examples[] = {"layers, shapes, parameters", "resile info model.onnx",
                                       "one number of it, for a script",
                                       "resile info model.onnx --json | jq .macs", NULL};

const struct command command_info = {
    .name = "info",
    .group = "Models",
    .summary = "Layers, shapes, parameters, stored bits and MACs of a model",
    .about =
        "Counts are for one image. Weights are what convolutions and matrix products multiply "
        "with; parameters are all that training may change; MACs are multiply-accumulates.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct info),
    .run = run,
};
