/* usage: one_fault [MODEL.onnx [LAYER INDEX BIT]]
 *
 * Flips one bit of one weight, "conv1" "(0, 0, 0, 0)" 30 unless told otherwise, and says what
 * becomes of the predictions. INDEX has one number per dimension of the weights. The fault is
 * written as a fault list, the form in which such faults are published. */
#include <resile/campaign.h>

#include <stdint.h>
#include <stdio.h>

static int write_list(const char *path, const char *layer, const char *index, const char *bit) {
    FILE *f = fopen(path, "w");
    if (!f) return -1;
    fprintf(f, "Injection,Layer,TensorIndex,Bit\n0,%s,\"%s\",%s\n", layer, index, bit);
    return fclose(f);
}

/* Called for every trial; here there is one. */
static void show(void *context, const struct rsl_campaign_trial *t) {
    (void)context;
    printf("%s, element %lld, bit %d, on %lld images:\n", t->layer, (long long)t->element, t->bit,
           (long long)t->images);
    printf("  masked     %4lld   all logits as without the fault\n", (long long)t->masked);
    printf("  tolerable  %4lld   other logits, the same prediction\n", (long long)t->tolerable);
    printf("  SDC        %4lld   another prediction\n", (long long)t->sdc);
    printf("  DUE        %4lld   NaN or infinity among the logits\n", (long long)t->due);
    printf("  right      %4lld   of %lld without the fault\n", (long long)t->correct,
           (long long)t->golden_correct);
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "signs.onnx";
    const char *layer = argc > 4 ? argv[2] : "conv1";
    const char *index = argc > 4 ? argv[3] : "(0, 0, 0, 0)";
    const char *bit = argc > 4 ? argv[4] : "30"; /* of a float: the top bit of the exponent */
    const struct rsl_data_options images = {.count = 500};
    const struct rsl_campaign_options options = {.fault = "list:one_fault.csv", .trial = show};
    struct rsl_model *model = NULL;
    struct rsl_data *data = NULL;
    struct rsl_campaign *campaign = NULL;

    if (write_list("one_fault.csv", layer, index, bit) != 0) {
        perror("one_fault.csv");
        return 1;
    }
    int status = rsl_model_load(&model, path);
    if (status == RSL_OK) status = rsl_data_open(&data, "synth-signs", &images);
    /* A layer, an index or a bit that the model does not have is refused here. */
    if (status == RSL_OK) status = rsl_campaign_new(&campaign, model, data, &options);
    if (status == RSL_OK) status = rsl_campaign_run(campaign);
    if (status < 0) fprintf(stderr, "%s: %s\n", argv[0], rsl_errmsg());
    rsl_campaign_free(campaign);
    rsl_data_close(data);
    rsl_model_free(model);
    return status < 0;
}
