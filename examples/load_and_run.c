/* usage: load_and_run [MODEL.onnx]
 *
 * Loads a model, shows it ten images at once, and prints what it takes them for. */
#include <resile/data.h>
#include <resile/run.h>

#include <stdint.h>
#include <stdio.h>

enum { IMAGES = 10 };

static int largest(const float *logits, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (logits[i] > logits[best]) best = i;
    return best;
}

/* Images into the runner's input [IMAGES,C,H,W], logits out of its output [IMAGES,classes]. */
static int predict(struct rsl_runner *runner, const struct rsl_preprocess *preprocess,
                   const struct rsl_data *data) {
    int labels[IMAGES], right = 0, shape[3];
    int64_t dims[8];

    /* Refuses, with a sentence, images that are not what the model takes. */
    int status = rsl_preprocess_shape(preprocess, data, shape);
    if (status == RSL_OK)
        status = rsl_data_batch(data, preprocess, 0, IMAGES, rsl_runner_input(runner, 0), labels);
    if (status == RSL_OK) status = rsl_runner_run(runner);
    if (status < 0) return status;

    const float *logits = rsl_runner_output(runner, 0);
    rsl_runner_output_shape(runner, 0, dims);
    for (int i = 0; i < IMAGES; i++) {
        int guess = largest(logits + i * dims[1], (int)dims[1]);
        printf("%s, taken for %s\n", rsl_data_class_name(data, labels[i]),
               rsl_data_class_name(data, guess));
        right += guess == labels[i];
    }
    printf("%d of %d right\n", right, IMAGES);
    return RSL_OK;
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "signs.onnx";
    struct rsl_model *model = NULL;
    struct rsl_runner *runner = NULL;
    struct rsl_preprocess *preprocess = NULL;
    struct rsl_data *data = NULL;

    int status = rsl_model_load(&model, path);
    if (status == RSL_OK)
        status = rsl_runner_new(&runner, model, &(struct rsl_run_options){.batch = IMAGES});
    /* What pixels become is written in the model. */
    if (status == RSL_OK) status = rsl_preprocess_new(&preprocess, model, NULL);
    if (status == RSL_OK) status = rsl_data_open(&data, "synth-signs", NULL);
    if (status == RSL_OK) status = predict(runner, preprocess, data);
    if (status < 0) fprintf(stderr, "%s: %s\n", argv[0], rsl_errmsg());
    rsl_data_close(data);
    rsl_preprocess_free(preprocess);
    rsl_runner_free(runner);
    rsl_model_free(model);
    return status < 0;
}
