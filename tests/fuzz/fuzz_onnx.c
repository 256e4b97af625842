/* ONNX models from memory: reading, checking, shape inference with the values it needs. */
#include "fuzz.h"

#include "io/onnx.h"

/* Every open dimension becomes 1. */
static void close_shapes(struct rsl_graph *g) {
    for (size_t i = 0; i < g->inputs.n; i++) {
        struct rsl_shape *s = &g->values.at[g->inputs.at[i]].tensor.shape;
        for (int d = 0; d < s->rank; d++)
            if (s->dim[d] < 0) s->dim[d] = 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rsl_model *m;
    fuzz_limit((size_t)64 << 20);
    if (rsl_onnx_read(&m, data, size, "input", NULL) < 0) return 0;
    fuzz_limit((size_t)256 << 10); /* small tensors only: folding runs slow kernels */
    close_shapes(&m->graph);
    (void)rsl_graph_infer(&m->graph, 1024);
    rsl_model_free(m);
    return 0;
}
