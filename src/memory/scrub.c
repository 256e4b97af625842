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

/* A copy of the tensor's bits, scrubbed; *to is told where it is. */
static int scrub_tensor(const struct rsl_memory_tensor *t, uint8_t **copy,
                        struct rsl_stored_bits *to, struct rsl_scrub_result *r) {
    size_t bytes = rsl_groups_bytes(&t->groups);
    *copy = rsl_malloc(bytes);
    if (!*copy) return RSL_ENOMEM;
    memcpy(*copy, t->bits, bytes);
    scrub_groups(t, *copy, r);
    to->bits = *copy;
    return RSL_OK;
}

/* Weights k, and their scales and zero points where these are protected. */
static int scrub_weights(const struct rsl_memory *image, int k, struct rsl_stored_weights *stored,
                         uint8_t **bits, struct rsl_scrub_result *r) {
    const struct rsl_memory_tensor *t = &image->tensors[k];
    const int parameters[] = {t->scales, t->zero_points};
    struct rsl_stored_bits *to[] = {&stored->scale_bits, &stored->zero_point_bits};
    *stored = rsl_stored_of(image, k);
    if (!t->storage.encoding.kind->grid) { /* whole numbers and floats: encoded again, alike */
        stored->weights.bits = NULL;
        return RSL_OK;
    }
    RSL_TRY(scrub_tensor(t, bits, &stored->weights, r));
    for (int i = 0; i < 2; i++)
        if (to[i]->bits && to[i]->storage.protection.kind->copies)
            RSL_TRY(scrub_tensor(&image->tensors[parameters[i]], bits + 1 + i, to[i], r));
    return RSL_OK;
}

enum { KINDS = 3 }; /* weights, scales, zero points */

static int scrub_all(const struct rsl_model *m, struct rsl_stored_weights *stored, uint8_t **bits,
                     struct rsl_scrub_result *r) {
    for (int k = 0; k < m->image->region[RSL_REGION_WEIGHTS].n; k++)
        RSL_TRY(scrub_weights(m->image, k, &stored[k], bits + (ptrdiff_t)KINDS * k, r));
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
    uint8_t **bits = rsl_calloc(KINDS * n, sizeof *bits);
    int rc = stored && bits ? scrub_all(m, stored, bits, result) : RSL_ENOMEM;
    if (rc == RSL_OK && result->corrected > 0) rc = rebuild(m, stored);
    for (size_t k = 0; bits && k < KINDS * n; k++) rsl_free(bits[k]);
    rsl_free(bits);
    rsl_free(stored);
    return rc;
}
