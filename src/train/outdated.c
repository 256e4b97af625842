/* See outdated.h. */
#include "train/outdated.h"

#include "base/log.h"
#include "base/status.h"
#include "memory/integer_model.h"
#include "memory/mix.h"

static int log_storage(const struct rsl_model *m) {
    struct rsl_mix mix;
    struct rsl_text text = {0};
    RSL_TRY(rsl_mix_of(&mix, &m->graph, m->image));
    rsl_mix_text(&mix, &text);
    int rc = text.status;
    if (rc == RSL_OK)
        rsl_log(RSL_LOG_INFO,
                "training gives float weights, their storage %s is not kept: `resile quantize` the"
                " result",
                text.at);
    rsl_mix_free(&mix);
    rsl_text_free(&text);
    return rc;
}

int rsl_drop_outdated(struct rsl_model *m) {
    RSL_TRY(rsl_model_set_meta(m, RSL_META_RANGES, NULL));
    if (!m->image) return RSL_OK;
    RSL_TRY(log_storage(m));
    m->free_image(m->image);
    m->image = NULL;
    m->free_image = NULL;
    m->stored_graph = NULL;
    return RSL_OK;
}
