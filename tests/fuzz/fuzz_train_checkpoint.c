/* Checkpoints of a training: what is accepted leaves the trainer with the file's numbers, what is
 * refused leaves it as it was. The corpus holds a checkpoint of this network and these settings as
 * rsl_train_checkpoint_write writes it, and damaged ones. */
#include "fuzz.h"

#include "base/status.h"
#include "io/checkpoint.h"
#include "train/settings.h"
#include "train/train_checkpoint.h"
#include "zoo/builder.h"

#include <stdlib.h>
#include <string.h>

static struct rsl_train_settings settings;
static struct rsl_trainer *trainer;

static void must(int rc) {
    if (rc < 0) abort();
}

/* One convolution with normalization and a linear layer, on 3x4x4. */
static struct rsl_model *network(void) {
    struct rsl_model *m = rsl_model_new();
    const struct rsl_shape shape = {4, {-1, 3, 4, 4}};
    if (!m) abort();
    struct rsl_net n = {.graph = &m->graph, .arch = "fuzz", .weights = true, .seed = 3};
    int input = rsl_graph_add_input(n.graph, "input", RSL_f32, &shape);
    n.input = (struct rsl_feature){input, false, 3, 4, 4};
    struct rsl_feature x = rsl_net_conv(&n, "conv", n.input, rsl_conv(2, 3, 1, 1));
    x = rsl_net_global_avg_pool(&n, rsl_net_relu(&n, rsl_net_batch_norm(&n, "bn", x)));
    rsl_net_output(&n, rsl_net_linear(&n, "fc", rsl_net_flatten(&n, x), 43));
    must(n.status);
    must(rsl_graph_check(n.graph));
    return m;
}

static void start(void) {
    struct rsl_data *data;
    const struct rsl_data_options set = {.split = "train", .count = 16};
    const struct rsl_train_options o = {
        .epochs = 2, .batch = 4, .threads = 1, .reference = 1, .qat = "symmetric4"};
    struct rsl_model *model = network();
    must(rsl_data_open(&data, "synth-signs", &set));
    must(rsl_train_settings(&settings, &o, model, data));
    must(rsl_trainer_new(&trainer, model, &settings.trainer));
    rsl_data_close(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    struct rsl_train_position p = {.epoch = -1};
    if (!trainer) start();
    fuzz_limit((size_t)64 << 20);
    trainer->step = -1;
    float before = trainer->masters[0].master[0];
    if (rsl_checkpoint_parse(&ts, data, size) == RSL_OK) {
        int rc = rsl_train_checkpoint_apply(trainer, &p, &settings, &ts);
        if (rc < 0 && (p.epoch != -1 || trainer->step != -1 ||
                       memcmp(&before, &trainer->masters[0].master[0], sizeof before) != 0))
            abort();
        if (rc >= 0 && (p.epoch < 0 || p.batch < 0 || p.log_bytes < 0 || trainer->step < 0))
            abort();
    }
    rsl_tensors_free(&ts);
    return 0;
}
