/* usage: quantize [MODEL.onnx [OUT.onnx]]
 *
 * Stores the weights of a model in fewer and fewer bits and measures what that costs; then writes
 * the 4-bit model as an ONNX file that holds exactly those bits, the vote on its copies included.
 */
#include <resile/eval.h>
#include <resile/quantize.h>

#include <stdint.h>
#include <stdio.h>

static int accuracy(const struct rsl_model *model, double *top1) {
    struct rsl_data *data = NULL;
    struct rsl_eval_result result;
    int status = rsl_data_open(&data, "synth-signs", &(struct rsl_data_options){.count = 500});
    if (status == RSL_OK) status = rsl_eval(model, data, &(struct rsl_eval_options){0}, &result);
    if (status == RSL_OK) *top1 = result.top1;
    rsl_data_close(data);
    return status;
}

/* Quantizing happens in place, so each width starts from the file. `out` NULL: nothing is saved. */
static int quantize(const char *path, int bits, const char *protect, const char *out) {
    const struct rsl_quantize_options options = {.bits = bits, .protect = protect};
    struct rsl_quantize_result result;
    struct rsl_model *model = NULL;
    double top1;

    int status = rsl_model_load(&model, path);
    if (status == RSL_OK) status = rsl_quantize(model, &options, &result);
    if (status == RSL_OK) status = accuracy(model, &top1);
    if (status == RSL_OK)
        printf("%-13s %8lld bits  error %.4f  accuracy %.1f %%\n", result.storage,
               (long long)result.bits, result.error, top1);
    if (status == RSL_OK && out) status = rsl_model_save_packed(model, out);
    rsl_model_free(model);
    return status;
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "signs.onnx";
    const char *out = argc > 2 ? argv[2] : "signs4.onnx";
    int status = RSL_OK;

    for (int bits = 8; bits >= 3 && status == RSL_OK; bits--)
        status = quantize(path, bits, "none", NULL);
    if (status == RSL_OK) status = quantize(path, 4, "msb", out);
    if (status == RSL_OK) printf("%s has the protected 4-bit weights\n", out);
    if (status < 0) fprintf(stderr, "%s: %s\n", argv[0], rsl_errmsg());
    return status < 0;
}
