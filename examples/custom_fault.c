/* usage: custom_fault [MODEL.onnx]
 *
 * A fault model that resile does not have: a particle upsets a cluster of cells that are neighbours
 * in two dimensions. The memory is taken as an array of rows of 1,024 cells, and a trial flips a
 * square of 4 x 4 of them. This program draws the places; the library writes them as a fault list
 * and runs it, on the same bits laid out in two ways. */
#include <resile/campaign.h>
#include <resile/fault.h>

#include <stdint.h>
#include <stdio.h>

enum { ROW = 1024, SIDE = 4, TRIALS = 200 };

/* SplitMix64 of Steele, Lea and Flood: trial k gets the same cluster on every machine. */
static uint64_t random64(uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

/* Row and column of each cluster's corner are drawn; its rows stay inside the weights' memory, and
 * its columns inside a row. */
static int draw(const struct rsl_model *model, const char *storage, const char *list) {
    struct rsl_fault_writer *writer = NULL;
    struct rsl_fault_part part;
    int64_t weights = 0;

    int status = rsl_fault_writer_new(&writer, model, storage);
    for (int i = 0; status == RSL_OK && i < rsl_fault_writer_parts(writer); i++) {
        rsl_fault_writer_part(writer, i, &part);
        if (part.region[0] == 'w') weights = part.address + part.bits;
    }
    for (int64_t k = 0; status == RSL_OK && k < TRIALS; k++) {
        uint64_t random = random64((uint64_t)k);
        int64_t rows = weights / ROW - SIDE + 1; /* where fewer, the library refuses addresses */
        int64_t row = rows > 1 ? (int64_t)(random % (uint64_t)rows) : 0;
        int64_t corner = row * ROW + (int64_t)((random >> 40) % (ROW - SIDE + 1));
        for (int i = 0; i < SIDE * SIDE && status == RSL_OK; i++)
            status = rsl_fault_writer_add(writer, k, corner + i / SIDE * ROW + i % SIDE, "flip");
    }
    if (status == RSL_OK) status = rsl_fault_writer_save(writer, list);
    rsl_fault_writer_free(writer);
    return status;
}

static int run(const struct rsl_model *model, const struct rsl_data *data, const char *storage) {
    const struct rsl_campaign_options options = {.fault = "list:clusters.csv", .storage = storage};
    struct rsl_campaign *campaign = NULL;
    struct rsl_campaign_result r;

    int status = draw(model, storage, "clusters.csv");
    if (status == RSL_OK) status = rsl_campaign_new(&campaign, model, data, &options);
    if (status == RSL_OK) status = rsl_campaign_run(campaign);
    if (status == RSL_OK) status = rsl_campaign_result(campaign, 0, &r);
    if (status == RSL_OK)
        printf("%-17s %lld clusters of %.0f flips: %.3f %% of predictions change (%.3f to %.3f)\n",
               storage, (long long)r.trials, r.changed, 100 * r.sdc, 100 * r.sdc_low,
               100 * r.sdc_high);
    rsl_campaign_free(campaign);
    return status;
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "signs.onnx";
    struct rsl_model *model = NULL;
    struct rsl_data *data = NULL;

    int status = rsl_model_load(&model, path);
    if (status == RSL_OK)
        status = rsl_data_open(&data, "synth-signs", &(struct rsl_data_options){.count = 200});
    /* Bits of a weight side by side, or bit planes: neighbours then belong to different weights. */
    if (status == RSL_OK) status = run(model, data, "affine4/msb");
    if (status == RSL_OK) status = run(model, data, "affine4/msb/plane");
    if (status < 0) fprintf(stderr, "%s: %s\n", argv[0], rsl_errmsg());
    rsl_data_close(data);
    rsl_model_free(model);
    return status < 0;
}
