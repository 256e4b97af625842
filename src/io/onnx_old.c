/* Nodes of opsets 1 to 6, read as nodes of opset 7 where both mean the same.
 *
 * The table holds every operator of opset 7 that is younger than opset 1 in its form: from which
 * opset on a node may be taken as it is, and on what condition. Operators that are not in it have
 * had their form of opset 7 from the start. Facts: the version history of ONNX's operator list. */
#include "base/status.h"
#include "io/onnx_reader.h"

#include <string.h>

static const struct form {
    const char *op;
    int since;
    const char *without; /* an attribute that changes the meaning */
    const char *with;    /* an attribute that has to be there and not 0 */
} forms[] = {
    /* Operands were aligned at `axis`; without it at the end, as today. */
    {"Add", 1, "axis", NULL},
    {"And", 1, "axis", NULL},
    {"Div", 1, "axis", NULL},
    {"Equal", 1, "axis", NULL},
    {"Greater", 1, "axis", NULL},
    {"Less", 1, "axis", NULL},
    {"Mul", 1, "axis", NULL},
    {"Or", 1, "axis", NULL},
    {"Pow", 1, "axis", NULL},
    {"Sub", 1, "axis", NULL},
    {"Xor", 1, "axis", NULL},
    /* Were for training unless is_test said otherwise. */
    {"BatchNormalization", 1, NULL, "is_test"},
    {"Dropout", 1, NULL, "is_test"},
    /* Other attributes, inputs or defaults. */
    {"Cast", 6, NULL, NULL},
    {"Concat", 4, NULL, NULL},
    {"GRU", 7, NULL, NULL},
    {"GlobalLpPool", 2, NULL, NULL},
    {"LSTM", 7, NULL, NULL},
    {"LpPool", 2, NULL, NULL},
    {"PRelu", 7, NULL, NULL},
    {"Pad", 2, NULL, NULL},
    {"RNN", 7, NULL, NULL},
    {"Reshape", 5, NULL, NULL},
    {"Selu", 6, NULL, NULL},
    {"Split", 2, NULL, NULL},
    {"Tile", 6, NULL, NULL},
    {"Upsample", 7, NULL, NULL},
    /* New in opset 7. */
    {"Acos", 7, NULL, NULL},
    {"Asin", 7, NULL, NULL},
    {"Atan", 7, NULL, NULL},
    {"Cos", 7, NULL, NULL},
    {"Multinomial", 7, NULL, NULL},
    {"Sin", 7, NULL, NULL},
    {"Tan", 7, NULL, NULL},
};

static const Onnx__AttributeProto *find(const Onnx__NodeProto *node, const char *name) {
    for (size_t i = 0; name && i < node->n_attribute; i++)
        if (strcmp(node->attribute[i]->name, name) == 0) return node->attribute[i];
    return NULL;
}

int rsl_onnx_check_old(const Onnx__NodeProto *node, int version) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const struct form *f = &forms[i];
        if (strcmp(f->op, node->op_type) != 0) continue;
        if (version < f->since)
            return rsl_fail(RSL_EUNSUPPORTED,
                            "its form of opset %d is not supported, from %d on it is", version,
                            f->since);
        if (find(node, f->without))
            return rsl_fail(RSL_EUNSUPPORTED, "attribute '%s' of opset %d is not supported",
                            f->without, version);
        const Onnx__AttributeProto *flag = find(node, f->with);
        if (f->with && (!flag || flag->i == 0))
            return rsl_fail(RSL_EUNSUPPORTED, "%s is not set at opset %d: a node for training",
                            f->with, version);
    }
    return RSL_OK;
}

bool rsl_onnx_is_old_attribute(const char *name) {
    return strcmp(name, "consumed_inputs") == 0 || strcmp(name, "broadcast") == 0 ||
           strcmp(name, "is_test") == 0;
}
