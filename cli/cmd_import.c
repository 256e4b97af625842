/* `resile import CKPT --arch A -o M.onnx`: a checkpoint of another program becomes a model. */
#include "command.h"
#include "message.h"
#include "names.h"
#include "preprocess.h"
#include "same_file.h"

#include <resile/import.h>

#include <stdio.h>

struct import {
    const char *checkpoint, *arch, *classes, *ignore, *output;
    struct numbers mean, std;
    struct sizes input;
};

static int run(const void *arguments) {
    const struct import *a = arguments;
    struct preprocess given = {.mean = a->mean, .std = a->std};
    struct preprocess_texts texts;
    struct rsl_model *model;
    if (a->input.n != 0 && a->input.n != 3)
        return usage_error("--input must be CHANNELSxHEIGHTxWIDTH such as 3x32x32");
    int code = check_replaces(a->output, a->checkpoint);
    if (code != EXIT_DONE) return code;
    preprocess_texts(&texts, &given);
    struct rsl_import_options o = {
        .arch = a->arch,
        .channels = a->input.at[0],
        .height = a->input.at[1],
        .width = a->input.at[2],
        .mean = texts.options.mean,
        .std = texts.options.std,
        .ignore = a->ignore,
        .class_names = a->classes,
    };
    int status = rsl_import(&model, a->checkpoint, &o);
    if (status < 0) return library_error(status);
    status = rsl_model_save(model, a->output);
    rsl_model_free(model);
    return status < 0 ? library_error(status) : EXIT_DONE;
}

static const struct option options[] = {
    {"CHECKPOINT", .type = OPTION_TEXT, .at = offsetof(struct import, checkpoint), .operand = true,
     .required = true, .complete = COMPLETE_FILE,
     .help = "safetensors, PyTorch (.pt, .pth, .th) or .npz file"},
    {"arch", 'a', OPTION_TEXT, offsetof(struct import, arch), "A",
     "whose parameters these are: a network of `resile zoo list`", .required = true,
     .words = name_of_arch, .closed = true},
    {"output", 'o', OPTION_OUTPUT, offsetof(struct import, output), "FILE", "ONNX file to write",
     .required = true, .complete = COMPLETE_FILE},
    {"mean", 0, OPTION_NUMBERS, offsetof(struct import, mean), "M,M,M",
     "per channel of pixels 0..1, or one for all, as in training (default: the network's own)",
     .preset = NULL},
    {"std", 0, OPTION_NUMBERS, offsetof(struct import, std), "S,S,S",
     "per channel, or one for all, as in training (default: the network's own)", .preset = NULL},
    {"classes", 'c', OPTION_TEXT, offsetof(struct import, classes), "FILE",
     "class names, one a line", .complete = COMPLETE_FILE},
    {"ignore", 0, OPTION_TEXT, offsetof(struct import, ignore), "NAME,...",
     "tensors to leave out; 'aux.*' for all names that begin so", .preset = NULL},
    {"input", 0, OPTION_SIZES, offsetof(struct import, input), "CxHxW",
     "input size (default: the network's own)", .preset = NULL},
    {0}};

static const char *const examples[] = {
    "a published ResNet-20 for CIFAR-10",
    "resile import resnet20.th --arch resnet20 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 "
    "-o resnet20.onnx",
    NULL};

const struct command command_import = {
    .name = "import",
    .group = "Models",
    .summary = "Turn a checkpoint of PyTorch and others into a model",
    .about =
        "Names are matched tolerantly; a warning says when they are those of another network of "
        "the same shapes. Parameters that are missing, left over or of another "
        "shape are listed all at once, and nothing is written. Pickles are parsed, never "
        "executed. Mean and standard deviation stay in the model, where eval finds them.",
    .examples = examples,
    .options = options,
    .size = sizeof(struct import),
    .run = run,
};
