/* ONNX files whose weights are stored bits: what is recognized reads as its constants say, can be
 * computed on, and comes back bit for bit from a file of its own. */
#include "fuzz.h"

#include "base/status.h"
#include "io/onnx.h"
#include "memory/cells.h"
#include "resile/model.h"
#include "resile/quantize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static void remove_file(void) {
    unlink(path);
}

static void check(bool holds) {
    if (!holds) abort();
}

static void name_file(void) {
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    if (path[0]) return;
    snprintf(path, sizeof path, "%s/resile_fuzz_%ld.onnx", folder, (long)getpid());
    check(atexit(remove_file) == 0);
}

static void check_values(const struct rsl_model *m) {
    struct rsl_cells *cells;
    if (rsl_cells_new(&cells, m->image) < 0) return;
    for (int i = 0; i < m->image->n; i++) {
        const struct rsl_memory_tensor *t = &m->image->tensors[i];
        if (t->region != RSL_REGION_WEIGHTS) continue;
        const float *value = m->graph.values.at[t->value].tensor.data;
        for (int64_t k = 0; k < t->count; k++) {
            float is = rsl_cells_value(cells, i, k);
            check(memcmp(&is, &value[k], sizeof is) == 0);
        }
    }
    rsl_cells_free(cells);
}

static void check_same(const struct rsl_memory *a, const struct rsl_memory *b) {
    check(a->n == b->n && a->bits == b->bits);
    for (int i = 0; i < a->n; i++) {
        const struct rsl_memory_tensor *s = &a->tensors[i], *t = &b->tensors[i];
        char text[2][RSL_STORAGE_TEXT];
        check(strcmp(s->name, t->name) == 0 && rsl_shape_equal(&s->shape, &t->shape));
        check(strcmp(rsl_storage_text(&s->storage, text[0]),
                     rsl_storage_text(&t->storage, text[1])) == 0);
        check(memcmp(s->bits, t->bits, rsl_groups_bytes(&s->groups)) == 0);
    }
}

static void check_file(const struct rsl_model *m) {
    struct rsl_model *again;
    name_file();
    if (rsl_model_save_packed(m, path) < 0) return;
    if (rsl_model_load(&again, path) < 0) {
        check(strstr(rsl_errmsg(), "memory") != NULL);
        return;
    }
    check(again->image != NULL);
    check_same(m->image, again->image);
    rsl_model_free(again);
}

static void check_graph(const struct rsl_model *m) {
    struct rsl_graph g;
    if (m->stored_graph(&g, m) < 0) return;
    check(rsl_graph_check(&g) == RSL_OK);
    rsl_graph_free(&g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rsl_model *m;
    fuzz_limit((size_t)16 << 20);
    if (rsl_onnx_read(&m, data, size, "input", NULL) < 0) return 0;
    if (m->image) {
        check_values(m);
        check_graph(m);
        check_file(m);
    }
    rsl_model_free(m);
    return 0;
}
