/* Nodes of opsets that are younger than the kernels: from opset 19 on operators took more types,
 * which kernels refuse by themselves, and these attributes, which change what is computed. Facts:
 * the version history of ONNX's operator list. */
#include "base/status.h"
#include "io/onnx_reader.h"

#include <string.h>

static const struct form {
    const char *op, *attribute;
} forms[] = {
    {"DequantizeLinear", "block_size"}, {"DequantizeLinear", "output_dtype"}, /* 23 */
    {"QuantizeLinear", "block_size"},   {"QuantizeLinear", "output_dtype"},
    {"QuantizeLinear", "precision"}, /* 23 */
};

int rsl_onnx_check_new(const Onnx__NodeProto *node, int version) {
    for (size_t i = 0; i < node->n_attribute; i++)
        for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
            const Onnx__AttributeProto *a = node->attribute[i];
            if (strcmp(forms[k].op, node->op_type) != 0 || strcmp(forms[k].attribute, a->name) != 0)
                continue;
            if (a->i != 0)
                return rsl_fail(RSL_EUNSUPPORTED, "attribute '%s' of opset %d is not supported",
                                a->name, version);
        }
    return RSL_OK;
}
