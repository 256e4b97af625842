/* Mixes of storages under a memory budget: a width and a protection for each layer.
 *
 * What each layer costs in each storage is measured (losses.h) and taken to add up. From the
 * cheapest storage of every layer, and again from the best uniform choice, a greedy search spends
 * the budget: always the step that saves most loss per bit, then exchanges between two layers while
 * they help. The sums are only a guess at what the whole network does, so what they find is
 * measured like every other candidate, and the choice falls on what was measured (verdict.c): at
 * equal memory a mix is never taken that drops more than the best uniform choice. */
#include "base/status.h"
#include "graph/model.h"
#include "search/losses.h"

#include <math.h>
#include <string.h>

enum { MOST_EXCHANGES = 4096 };

/* ---- spending ---- pick[l] is the option of layer l ---- */

static int64_t total_bits(const struct rsl_losses *s, const int *pick) {
    int64_t bits = 0;
    for (int l = 0; l < s->layers; l++) bits += rsl_bits_of(s, l, pick[l]);
    return bits;
}

/* The step of one layer to another option that saves most loss per bit within what is left. */
static bool improve_one(const struct rsl_losses *s, int *pick, int64_t left) {
    double best = 0;
    int layer = -1, option = 0;
    for (int l = 0; l < s->layers; l++)
        for (int o = 0; o < s->n; o++) {
            int64_t more = rsl_bits_of(s, l, o) - rsl_bits_of(s, l, pick[l]);
            double saved = rsl_loss_of(s, l, pick[l]) - rsl_loss_of(s, l, o);
            if (more > left || saved <= 0) continue;
            double worth = more > 0 ? saved / (double)more : INFINITY; /* cheaper and better */
            if (worth <= best) continue;
            best = worth;
            layer = l;
            option = o;
        }
    if (layer >= 0) pick[layer] = option;
    return layer >= 0;
}

/* One layer goes up for what another going down sets free. */
static bool improve_two(const struct rsl_losses *s, int *pick, int64_t left) {
    double best = 0;
    int from[2] = {-1, -1}, to[2] = {0, 0};
    for (int a = 0; a < s->layers; a++)
        for (int oa = 0; oa < s->n; oa++) {
            double lost = rsl_loss_of(s, a, oa) - rsl_loss_of(s, a, pick[a]);
            int64_t freed = rsl_bits_of(s, a, pick[a]) - rsl_bits_of(s, a, oa);
            if (freed <= 0) continue;
            for (int b = 0; b < s->layers; b++)
                for (int ob = 0; ob < s->n; ob++) {
                    double saved = rsl_loss_of(s, b, pick[b]) - rsl_loss_of(s, b, ob) - lost;
                    int64_t more = rsl_bits_of(s, b, ob) - rsl_bits_of(s, b, pick[b]) - freed;
                    if (a == b || more > left || saved <= best + 1e-12) continue;
                    best = saved;
                    from[0] = a, to[0] = oa;
                    from[1] = b, to[1] = ob;
                }
        }
    for (int i = 0; i < 2 && from[0] >= 0; i++) pick[from[i]] = to[i];
    return from[0] >= 0;
}

static void spend(const struct rsl_losses *s, int *pick) {
    int64_t budget = s->e->options.budget;
    for (int i = 0; i < MOST_EXCHANGES; i++) {
        int64_t left = budget - total_bits(s, pick);
        if (!improve_one(s, pick, left) && !improve_two(s, pick, left)) return;
    }
}

static int cheapest(const struct rsl_losses *s, int layer) {
    int best = 0;
    for (int o = 1; o < s->n; o++)
        if (rsl_bits_of(s, layer, o) < rsl_bits_of(s, layer, best)) best = o;
    return best;
}

/* ---- candidates ---- */

static int measure_mix(struct rsl_losses *s, const int *pick) {
    struct rsl_text text = {0};
    struct rsl_candidate c = {.role = RSL_IS_MIX};
    for (int l = 0; l < s->layers; l++) s->outline.each[l] = s->options[pick[l]].storage;
    if (rsl_mix_uniform(&s->outline)) return RSL_OK; /* is there already */
    rsl_mix_text(&s->outline, &text);
    c.storage = text.status == RSL_OK ? rsl_arena_strdup(&s->e->arena, text.at) : NULL;
    rsl_text_free(&text);
    return c.storage ? rsl_explore_measure(s->e, &c, false) : RSL_ENOMEM;
}

/* The option that the uniform candidate consists of. */
static int option_of(const struct rsl_losses *s, const struct rsl_candidate *c) {
    int widths = s->e->options.bits_high - s->e->options.bits_low + 1;
    return c->protection * widths + c->bits - s->e->options.bits_low;
}

static int find_mixes(struct rsl_losses *s, int *pick, int *other) {
    for (int l = 0; l < s->layers; l++) pick[l] = cheapest(s, l);
    spend(s, pick);
    RSL_TRY(measure_mix(s, pick));
    RSL_TRY(rsl_explore_judge(s->e));
    int uniform = rsl_explore_choose(s->e, false);
    if (uniform < 0) return RSL_OK;
    for (int l = 0; l < s->layers; l++) other[l] = option_of(s, &s->e->candidates.at[uniform]);
    spend(s, other);
    bool same = memcmp(pick, other, (size_t)s->layers * sizeof *pick) == 0;
    return same ? RSL_OK : measure_mix(s, other);
}

/* ---- all of it ---- */

/* That single layers can be stored otherwise than the rest, by their names. */
static int check_names(const struct rsl_losses *s) {
    for (int l = 0; l < s->layers; l++) {
        struct rsl_text storage = {0};
        struct rsl_mix mix;
        int rc = rsl_losses_storage(s, l, 0, &storage);
        if (rc == RSL_OK) rc = rsl_mix_parse(&mix, &s->e->model->graph, storage.at);
        if (rc == RSL_OK) rsl_mix_free(&mix);
        rsl_text_free(&storage);
        if (rc < 0)
            return rsl_fail_in(rc, "of a budget, weights '%s'",
                               s->outline.outline->tensors[l].name);
    }
    return RSL_OK;
}

static int check(struct rsl_losses *s) {
    const struct rsl_explore_options *o = &s->e->options;
    int64_t least = 0;
    if (o->compute && strcmp(o->compute, "int8") == 0)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "of a budget, single layers are measured beside those of "
                        "f32, which int8 does not compute on");
    RSL_TRY(check_names(s));
    for (int l = 0; l < s->layers; l++) least += rsl_bits_of(s, l, cheapest(s, l));
    if (least > o->budget)
        return rsl_fail(RSL_EARG,
                        "nothing meets the budget of %lld bits: %d-bit weights with '%s' need "
                        "%lld",
                        (long long)o->budget, o->bits_low, o->protect, (long long)least);
    return RSL_OK;
}

int rsl_explore_check_budget(struct rsl_explore *e) {
    struct rsl_losses s;
    RSL_TRY(rsl_losses_init(&s, e));
    int rc = check(&s);
    rsl_losses_free(&s);
    return rc;
}

int rsl_explore_mix(struct rsl_explore *e) {
    struct rsl_losses s;
    RSL_TRY(rsl_losses_init(&s, e));
    int *pick = rsl_arena_array(&e->arena, (size_t)s.layers, sizeof *pick);
    int *other = rsl_arena_array(&e->arena, (size_t)s.layers, sizeof *other);
    int rc = pick && other ? rsl_losses_measure(&s) : RSL_ENOMEM;
    if (rc == RSL_OK) rc = find_mixes(&s, pick, other);
    rsl_losses_free(&s);
    return rc;
}
