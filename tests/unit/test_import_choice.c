/* Checkpoints with several sets of tensors: the import takes the one that fits its network. The
 * files are made here; each tensor is one number, expanded. */
#define _POSIX_C_SOURCE 200809L /* open_memstream */

#include "check.h"
#include "made_zip.h"
#include "torture.h"

#include "graph/model.h"
#include "resile/import.h"
#include "zoo/zoo.h"

#include <stdlib.h>
#include <unistd.h>

static const char *const path = "test_import_choice.tmp";

static void put_text(FILE *f, const char *text) {
    fputc('U', f);
    fputc((int)strlen(text), f);
    fputs(text, f);
}

/* Every element is element `offset` of storage 0. */
static void put_tensor(FILE *f, const struct rsl_shape *shape, int offset) {
    fputs("ctorch._utils\n_rebuild_tensor_v2\n((", f);
    put_text(f, "storage");
    fputs("ctorch\nFloatStorage\n", f);
    put_text(f, "0");
    put_text(f, "cpu");
    fprintf(f, "I8\ntQI%d\n(", offset);
    for (int i = 0; i < shape->rank; i++) fprintf(f, "I%d\n", (int)shape->dim[i]);
    fputs("t(", f);
    for (int i = 0; i < shape->rank; i++) fputs("I0\n", f);
    fputs("tI00\n}tR", f);
}

/* The parameters of a network, without those that have `without` in their name. */
static void put_network(FILE *f, const char *arch, const char *without, int offset) {
    struct rsl_model *m;
    check_ok(rsl_zoo_skeleton(&m, arch, NULL));
    fputs("}", f);
    for (size_t i = 0; i < m->graph.values.n; i++) {
        const struct rsl_value *v = &m->graph.values.at[i];
        if (v->kind != RSL_VALUE_CONSTANT || v->tensor.data) continue;
        if (without && strstr(v->name, without)) continue;
        put_text(f, v->name);
        put_tensor(f, &v->tensor.shape, offset);
        fputc('s', f);
    }
    rsl_model_free(m);
}

/* {'backbone': lenet5, 'optimizer': {'momentum': ARCH without ...}} */
static void write_checkpoint(const char *arch, const char *without) {
    static const float numbers[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    char *pickle = NULL;
    size_t size;
    FILE *f = open_memstream(&pickle, &size);
    assert_non_null(f);
    fputs("\x80\2}", f);
    put_text(f, "optimizer");
    fputs("}", f);
    put_text(f, "momentum");
    put_network(f, arch, without, 1);
    fputs("ss", f);
    put_text(f, "backbone");
    put_network(f, "lenet5", NULL, 2);
    fputs("s.", f);
    assert_int_equal(fclose(f), 0);
    const struct made_entry entries[] = {{"net/data.pkl", pickle, size},
                                         {"net/data/0", numbers, sizeof numbers}};
    make_zip(path, entries, 2);
    free(pickle);
}

static int import(const char *arch) {
    struct rsl_model *m;
    RSL_TRY(rsl_import(&m, path, &(struct rsl_import_options){.arch = arch}));
    int v = rsl_graph_find(&m->graph, "conv1.weight");
    assert_true(((const float *)m->graph.values.at[v].tensor.data)[0] == 2);
    rsl_model_free(m);
    return RSL_OK;
}

static int import_lenet(void *context) {
    (void)context;
    return import("lenet5");
}

static void test_best(void **state) {
    (void)state;
    write_checkpoint("lenet5", "bias");
    check_ok(import("lenet5"));
    write_checkpoint("resnet20", NULL);
    check_ok(import("lenet5"));
    unlink(path);
}

static void test_tie(void **state) {
    (void)state;
    write_checkpoint("lenet5", NULL);
    check_fails(import("lenet5"), RSL_EUNSUPPORTED,
                "fit the network equally well ('optimizer.momentum', 'backbone'); save one alone");
    check_fails(import("no-such"), RSL_ENOTFOUND, "no-such");
    unlink(path);
}

/* Every allocation fails once. */
static void test_torture(void **state) {
    (void)state;
    write_checkpoint("lenet5", "bias");
    assert_true(torture(import_lenet, NULL) > 50);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_best),
        cmocka_unit_test(test_tie),
        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
