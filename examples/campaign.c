/* usage: campaign [MODEL.onnx [STORE.db]]
 *
 * Random bit errors in 8-bit weights at three rates, twenty trials each, kept in a store. A
 * callback sees every trial: here it remembers the worst one. Run it again, and it goes on with
 * what it has. */
#include <resile/campaign.h>

#include <stdint.h>
#include <stdio.h>

struct worst {
    int64_t k, correct, images;
    int point;
};

static void remember_worst(void *context, const struct rsl_campaign_trial *t) {
    struct worst *w = context;
    if (w->images > 0 && w->correct <= t->correct) return;
    *w = (struct worst){.k = t->k, .correct = t->correct, .images = t->images, .point = t->point};
}

static int print_points(const struct rsl_campaign *campaign) {
    struct rsl_campaign_point point;
    struct rsl_campaign_result r;

    for (int i = 0; i < rsl_campaign_points(campaign); i++) {
        int status = rsl_campaign_result(campaign, i, &r);
        if (status < 0) return status;
        rsl_campaign_point(campaign, i, &point);
        printf("rate %g: %5.1f bits flipped, accuracy %.1f %% (%.1f to %.1f), without %.1f %%\n",
               point.rate, r.changed, 100 * r.accuracy, 100 * r.accuracy_low, 100 * r.accuracy_high,
               100 * r.golden);
    }
    return RSL_OK;
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "signs.onnx";
    const double rates[] = {1e-5, 1e-4, 1e-3};
    struct worst worst = {0};
    const struct rsl_campaign_options options = {
        .fault = "ber",
        .rates = rates,
        .n_rates = 3,
        .storage = "symmetric8",
        .trials = 20,
        .seed = 1,
        .store = argc > 2 ? argv[2] : "signs.db",
        .model_name = path,
        .trial = remember_worst,
        .context = &worst,
    };
    struct rsl_model *model = NULL;
    struct rsl_data *data = NULL;
    struct rsl_campaign *campaign = NULL;

    int status = rsl_model_load(&model, path);
    if (status == RSL_OK)
        status = rsl_data_open(&data, "synth-signs", &(struct rsl_data_options){.count = 200});
    if (status == RSL_OK) status = rsl_campaign_new(&campaign, model, data, &options);
    if (status == RSL_OK) status = rsl_campaign_run(campaign);
    if (status == RSL_OK) status = print_points(campaign);
    if (status == RSL_OK && worst.images > 0)
        printf("the worst: trial %lld at rate %g, %lld of %lld images right\n", (long long)worst.k,
               rates[worst.point], (long long)worst.correct, (long long)worst.images);
    if (status < 0) fprintf(stderr, "%s: %s\n", argv[0], rsl_errmsg());
    rsl_campaign_free(campaign);
    rsl_data_close(data);
    rsl_model_free(model);
    return status < 0;
}
