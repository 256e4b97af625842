/* usage: train [OUT.onnx]
 *
 * Trains a small network on road signs that are drawn on the spot, and saves it for the other
 * examples. The same call trains on any data set of `resile data list`. */
#include <resile/train.h>
#include <resile/zoo.h>

#include <stdio.h>

/* After every step; a nonzero answer would stop the training. */
static int show_epoch(void *context, const struct rsl_train_progress *p) {
    (void)context;
    if (p->epoch_done)
        printf("epoch %d of %d: loss %.3f, %.1f %% of the test images right\n", (int)p->epoch + 1,
               (int)p->epochs, p->loss, p->test_top1);
    return 0;
}

static int train(struct rsl_model *model, const char *path) {
    struct rsl_data *data = NULL, *test = NULL;
    const struct rsl_data_options training = {.split = "train", .count = 4000};
    const struct rsl_data_options testing = {.split = "test", .count = 500};
    /* What is left out comes from the recipe for road signs: rate, schedule, weight decay. */
    const struct rsl_train_options options = {
        .epochs = 4,
        .batch = 32,
        .augment = "none",
        .seed = 1,
        .fresh = 1,
        .progress = show_epoch,
    };
    struct rsl_train_result result;

    int status = rsl_data_open(&data, "synth-signs", &training);
    if (status == RSL_OK) status = rsl_data_open(&test, "synth-signs", &testing);
    if (status == RSL_OK) status = rsl_train(model, data, test, &options, &result);
    if (status == RSL_OK) status = rsl_model_save(model, path);
    if (status == RSL_OK)
        printf("%s: %.1f %% after %d steps\n", path, result.top1, (int)result.steps);
    rsl_data_close(data);
    rsl_data_close(test);
    return status;
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "signs.onnx";
    const struct rsl_zoo_options shape = {
        .classes = 43, .channels = 3, .height = 16, .width = 16, .seed = 1};
    struct rsl_model *model = NULL;

    int status = rsl_zoo_build(&model, "cnn-small", &shape);
    if (status == RSL_OK) status = train(model, path);
    if (status < 0) fprintf(stderr, "%s: %s\n", argv[0], rsl_errmsg());
    rsl_model_free(model);
    return status < 0;
}
