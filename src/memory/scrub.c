/* Scrubbing stored weights: what the protection can correct is rewritten, so that later flips do
 * not meet earlier ones. See resile/quantize.h. */
#include "base/alloc.h"
#include "base/status.h"
#include "memory/mix.h"
#include "memory/stored.h"
#include "resile/quantize.h"

#include <string.h>

static void scrub_groups(const struct rsl_memory_tensor *t, uint8_t *bits,
                         struct rsl_scrub_result *r) {
    const struct rsl_storage *s = &t->storage;
    for (int64_t i = 0; i < t->groups.n; i++) {
        struct rsl_group was = rsl_groups_read(&t->groups, bits, i), is = was;
        unsigned verdict =
            rsl_correct(&s->protection, &s->encoding, rsl_groups_data(&t->groups, i), &is);
        r->detected += (verdict & RSL_DETECTED) != 0;
        if (!(verdict & RSL_CORRECTED)) continue;
        r->corrected++;
        rsl_groups_write(&t->groups, bits, i, is);
    }
    r->words += t->groups.n;
}

static int scrub_all(const struct rsl_model *m, struct rsl_stored_weights *stored, uint8_t **bits,
                     struct rsl_scrub_result *r) {
    for (int k = 0; k < m->image->region[RSL_REGION_WEIGHTS].n; k++) {
        const struct rsl_memory_tensor *t = &m->image->tensors[k];
        stored[k] = rsl_stored_of(t);
        if (!t->storage.encoding.kind->grid) { /* whole numbers and floats: encoded again, alike */
            stored[k].bits = NULL;
            continue;
        }
        bits[k] = rsl_malloc(rsl_groups_bytes(&t->groups));
        if (!bits[k]) return RSL_ENOMEM;
        memcpy(bits[k], t->bits, rsl_groups_bytes(&t->groups));
        scrub_groups(t, bits[k], r);
        stored[k].bits = bits[k];
    }
    return RSL_OK;
}

static int rebuild(struct rsl_model *m, const struct rsl_stored_weights *stored) {
    struct rsl_memory *image;
    struct rsl_mix mix;
    RSL_TRY(rsl_mix_of(&mix, &m->graph, m->image));
    struct rsl_memory_options o = rsl_mix_options(&mix);
    o.stored = stored;
    int rc = rsl_memory_new(&image, &m->graph, &o);
    rsl_mix_free(&mix);
    return rc < 0 ? rc : rsl_model_store(m, image);
}

int rsl_model_scrub(struct rsl_model *m, struct rsl_scrub_result *result) {
    memset(result, 0, sizeof *result);
    if (!m->image) return rsl_fail(RSL_EARG, "the weights of the model are not stored as bits");
    size_t n = (size_t)m->image->region[RSL_REGION_WEIGHTS].n;
    struct rsl_stored_weights *stored = rsl_calloc(n, sizeof *stored);
    uint8_t **bits = rsl_calloc(n, sizeof *bits);
    int rc = stored && bits ? scrub_all(m, stored, bits, result) : RSL_ENOMEM;
    if (rc == RSL_OK && result->corrected > 0) rc = rebuild(m, stored);
    for (size_t k = 0; bits && k < n; k++) rsl_free(bits[k]);
    rsl_free(bits);
    rsl_free(stored);
    return rc;
}
