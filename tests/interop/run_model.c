/* run_model MODEL.onnx BATCH INPUT.npy OUTPUT.npy [reference]
 *
 * Runs the model on images of uniform noise in [-1,1) and writes what went in and what came out:
 * the resile side of the comparisons with PyTorch and ONNX Runtime in this folder. The noise is a
 * function of the shape alone, so every run of every tool sees the same images. */
#include "base/status.h"
#include "graph/model.h"
#include "graph/plan.h"
#include "io/npy.h"
#include "zoo/init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(struct rsl_plan *plan, const char *input, const char *output) {
    struct rsl_tensor *x = rsl_plan_input(plan, 0);
    rsl_draw_uniform(x, 1, 1, "input");
    RSL_TRY(rsl_npy_write(x, input));
    RSL_TRY(rsl_plan_run(plan));
    return rsl_npy_write(rsl_plan_output(plan, 0), output);
}

static int load_and_run(char **argv, int64_t batch, bool reference) {
    struct rsl_model *model;
    struct rsl_plan *plan;
    RSL_TRY(rsl_model_load(&model, argv[1]));
    struct rsl_plan_options options = {.batch = batch, .reference = reference};
    int rc = rsl_plan_new(&plan, &model->graph, &options);
    if (rc == RSL_OK) {
        rc = run(plan, argv[3], argv[4]);
        rsl_plan_free(plan);
    }
    rsl_model_free(model);
    return rc;
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: run_model MODEL.onnx BATCH INPUT.npy OUTPUT.npy [reference]\n");
        return 2;
    }
    bool reference = argc > 5 && strcmp(argv[5], "reference") == 0;
    if (load_and_run(argv, atoi(argv[2]), reference) < 0) {
        fprintf(stderr, "run_model: %s\n", rsl_errmsg());
        return 1;
    }
    return 0;
}
