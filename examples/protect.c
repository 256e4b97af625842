/* usage: protect [MODEL.onnx]
 *
 * The same bit errors strike the same weights stored in different ways: how much memory does each
 * way take, and how much accuracy does it keep? */
#include <resile/campaign.h>

#include <stdint.h>
#include <stdio.h>

static int measure(const struct rsl_model *model, const struct rsl_data *data,
                   const char *storage) {
    const double rate = 1e-3;
    const struct rsl_campaign_options options = {
        .fault = "ber",
        .rates = &rate,
        .n_rates = 1,
        .storage = storage,
        .trials = 20,
        .seed = 1,
    };
    struct rsl_campaign *campaign = NULL;
    struct rsl_campaign_facts facts;
    struct rsl_campaign_result r;

    int status = rsl_campaign_new(&campaign, model, data, &options);
    if (status == RSL_OK) status = rsl_campaign_run(campaign);
    if (status == RSL_OK) status = rsl_campaign_result(campaign, 0, &r);
    if (status == RSL_OK) {
        rsl_campaign_facts(campaign, &facts);
        printf("%-20s %9.3f %11.1f %13.1f %8.1f %6.1f..%.1f\n", storage, facts.bits_per_weight,
               r.changed, 100 * r.golden, 100 * r.drop, 100 * r.drop_low, 100 * r.drop_high);
    }
    rsl_campaign_free(campaign);
    return status;
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "signs.onnx";
    /* Encoding, protection: 8 bits as they are; 4 bits; the top bit of each three times, as FORTUNE
     * has it; every bit three times; an error-correcting code over 64 bits. */
    static const char *const storages[] = {"symmetric8", "affine4", "affine4/msb", "affine4/tmr",
                                           "affine4/secded"};
    struct rsl_model *model = NULL;
    struct rsl_data *data = NULL;

    int status = rsl_model_load(&model, path);
    if (status == RSL_OK)
        status = rsl_data_open(&data, "synth-signs", &(struct rsl_data_options){.count = 200});
    if (status == RSL_OK)
        printf("%-20s %9s %11s %13s %8s %s\n", "storage", "bits", "flips", "without, %", "drop",
               "  95 % interval");
    for (size_t i = 0; i < sizeof storages / sizeof *storages && status == RSL_OK; i++)
        status = measure(model, data, storages[i]);
    if (status < 0) fprintf(stderr, "%s: %s\n", argv[0], rsl_errmsg());
    rsl_data_close(data);
    rsl_model_free(model);
    return status < 0;
}
