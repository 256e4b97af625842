/* Types of the standard operators' attributes. All operators that have an attribute of one of these
 * names have it of one type; names that mean different types ("value") are not here. A kernel asks
 * for the type that it knows and would take its default for anything else. */
#include "graph/graph.h"
#include "io/onnx_reader.h"

#include <string.h>

static const char *const ints[] = {"align_corners",
                                   "allowzero",
                                   "antialias",
                                   "axis",
                                   "batch_axis",
                                   "batch_dims",
                                   "blocksize",
                                   "ceil_mode",
                                   "count_include_pad",
                                   "exclude_outside",
                                   "exclusive",
                                   "fmod",
                                   "group",
                                   "keepdims",
                                   "largest",
                                   "noop_with_empty_axes",
                                   "num_groups",
                                   "num_outputs",
                                   "reverse",
                                   "saturate",
                                   "select_last_index",
                                   "sorted",
                                   "stash_type",
                                   "storage_order",
                                   "time_axis",
                                   "to",
                                   "training_mode",
                                   "transA",
                                   "transB",
                                   "upper",
                                   NULL};
static const char *const floats[] = {
    "alpha", "beta", "cubic_coeff_a", "epsilon", "extrapolation_value",
    "gamma", "high", "lambd",         "low",     "max",
    "mean",  "min",  "momentum",      "ratio",   NULL};
static const char *const strings[] = {"approximate",
                                      "auto_pad",
                                      "coordinate_transformation_mode",
                                      "direction",
                                      "equation",
                                      "keep_aspect_ratio_policy",
                                      "mode",
                                      "nearest_mode",
                                      "padding_mode",
                                      "reduction",
                                      NULL};
static const char *const lists[] = {"axes",           "dilations",    "ends",    "kernel_shape",
                                    "output_padding", "output_shape", "pads",    "perm",
                                    "split",          "starts",       "strides", NULL};

static const struct {
    enum rsl_attr_type type;
    const char *const *names;
    const char *word;
} types[] = {{RSL_ATTR_INT, ints, "an integer"},
             {RSL_ATTR_FLOAT, floats, "a float"},
             {RSL_ATTR_STRING, strings, "a string"},
             {RSL_ATTR_INTS, lists, "a list of integers"}};

const char *rsl_onnx_attribute_type(const char *name, enum rsl_attr_type *type) {
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (const char *const *known = types[t].names; *known; known++)
            if (strcmp(*known, name) == 0) {
                *type = types[t].type;
                return types[t].word;
            }
    return NULL;
}
