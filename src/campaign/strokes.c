/* Faults in activations of a running plan; see strokes.h. */
#include "campaign/strokes.h"

#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"

#include <assert.h>
#include <string.h>

/* ---- places ---- */

int rsl_places_find(struct rsl_places *places, const struct rsl_plan *p) {
    const struct rsl_graph *g = rsl_plan_graph(p);
    size_t buffers = rsl_plan_buffers(p), steps = rsl_plan_steps(p);
    int *writer = rsl_calloc(buffers, sizeof *writer); /* place after the step that writes it */
    places->value = rsl_calloc(g->values.n, sizeof *places->value);
    places->reader = rsl_calloc(g->nodes.n, sizeof *places->reader);
    if (!writer || !places->value || !places->reader) {
        rsl_free(writer);
        return RSL_ENOMEM;
    }
    for (size_t i = 0; i < g->nodes.n; i++) places->reader[i] = RSL_ABSENT;
    for (size_t i = 0; i < steps; i++) {
        for (int k = 0; k < rsl_plan_step_outputs(p, i); k++) {
            struct rsl_plan_port out = rsl_plan_step_out(p, i, k);
            if (out.buffer != RSL_ABSENT) writer[out.buffer] = (int)i + 1;
        }
        const struct rsl_node *n = rsl_plan_step_node(p, i);
        if (n) places->reader[n - g->nodes.at] = (int)i;
    }
    for (size_t v = 0; v < g->values.n; v++) {
        int buffer = rsl_plan_port(p, (int)v).buffer;
        places->value[v] = buffer == RSL_ABSENT ? RSL_BEFORE_ALL : writer[buffer];
    }
    rsl_free(writer);
    return RSL_OK;
}

void rsl_places_free(struct rsl_places *places) {
    rsl_free(places->value);
    rsl_free(places->reader);
    *places = (struct rsl_places){0};
}

/* ---- the strokes of a trial ---- */

int rsl_strokes_init(struct rsl_strokes *s, const struct rsl_places *places, struct rsl_plan *plan,
                     int64_t batch) {
    *s = (struct rsl_strokes){.places = places, .plan = plan, .batch = batch};
    s->first = rsl_calloc(rsl_plan_steps(plan) + 2, sizeof *s->first);
    return s->first ? RSL_OK : RSL_ENOMEM;
}

void rsl_strokes_free(struct rsl_strokes *s) {
    rsl_free(s->first);
    rsl_free(s->strokes.at);
    rsl_free(s->struck.at);
    *s = (struct rsl_strokes){0};
}

static size_t place_of(const struct rsl_strokes *s, const struct rsl_activation *a) {
    const struct rsl_places *p = s->places;
    return (size_t)(a->node == RSL_ABSENT ? p->value[a->value] : p->reader[a->node] + 1);
}

int rsl_strokes_sort(struct rsl_strokes *s, const struct rsl_strike *strike) {
    size_t places = rsl_plan_steps(s->plan) + 1, sum = 0;
    memset(s->first, 0, (places + 1) * sizeof *s->first);
    s->strokes.n = 0;
    for (int k = 0; k < strike->n_hits; k++) {
        const struct rsl_strike_hits *group = &strike->hits[k];
        for (size_t i = 0; i < group->hits->n; i++) {
            RSL_TRY(rsl_vec_push(&s->strokes, (struct rsl_stroke){0}));
            s->first[place_of(s, &group->at[group->hits->at[i].site]) + 1]++;
        }
    }
    for (size_t i = 0; i <= places; i++) sum = s->first[i] += sum;
    for (int k = 0; k < strike->n_hits; k++) {
        const struct rsl_strike_hits *group = &strike->hits[k];
        for (size_t i = 0; i < group->hits->n; i++) {
            const struct rsl_hit *hit = &group->hits->at[i];
            size_t place = place_of(s, &group->at[hit->site]);
            s->strokes.at[s->first[place]++] = (struct rsl_stroke){group, hit};
        }
    }
    for (size_t i = places; i > 0; i--) s->first[i] = s->first[i - 1];
    s->first[0] = 0;
    return RSL_OK;
}

/* One element of one image. */
static void strike_element(const struct rsl_stroke *k, void *at, enum rsl_dtype dtype) {
    const struct rsl_strike_hits *group = k->group;
    const struct rsl_site *site = &group->sites[k->hit->site];
    const struct rsl_dtype_traits *traits = rsl_dtype_traits(dtype);
    uint8_t *code = at;
    double wide;
    float value;
    if (dtype == RSL_f32) {
        memcpy(&value, at, sizeof value);
        value = rsl_hit_value(group->model, site, k->hit, value);
        memcpy(at, &value, sizeof value);
        return;
    }
    if (dtype == RSL_u8 || dtype == RSL_i8) { /* of an integer network */
        *code = rsl_hit_code(group->model, site, k->hit, *code, dtype == RSL_i8);
        return;
    }
    traits->to_double(at, &wide, 1);
    wide = (double)rsl_hit_value(group->model, site, k->hit, (float)wide);
    traits->from_double(&wide, at, 1);
}

static int save_element(struct rsl_strokes *s, void *at, enum rsl_dtype dtype) {
    struct rsl_struck saved = {.at = at, .bytes = rsl_dtype_bytes(dtype)};
    assert(saved.bytes <= sizeof saved.was);
    memcpy(saved.was, at, saved.bytes);
    return rsl_vec_push(&s->struck, saved);
}

/* The same element of every image. */
static int strike_port(struct rsl_strokes *s, const struct rsl_stroke *k,
                       const struct rsl_plan_port *port, int value, int64_t images, bool save) {
    const struct rsl_tensor *t = &rsl_plan_graph(s->plan)->values.at[value].tensor;
    int64_t per_image = rsl_tensor_count(t) / s->batch;
    for (int64_t i = 0; i < images; i++) {
        enum rsl_dtype dtype;
        void *at = rsl_plan_element(port, t, i * per_image + k->hit->element, &dtype);
        if (save) RSL_TRY(save_element(s, at, dtype));
        strike_element(k, at, dtype);
    }
    return RSL_OK;
}

int rsl_strokes_on_values(struct rsl_strokes *s, size_t place, int64_t images, bool *dirty) {
    for (size_t i = s->first[place]; i < s->first[place + 1]; i++) {
        const struct rsl_stroke *k = &s->strokes.at[i];
        const struct rsl_activation *a = &k->group->at[k->hit->site];
        if (a->node != RSL_ABSENT) continue;
        struct rsl_plan_port port = rsl_plan_port(s->plan, a->value);
        RSL_TRY(strike_port(s, k, &port, a->value, images, false));
        dirty[port.buffer] = true;
    }
    return RSL_OK;
}

int rsl_strokes_on_inputs(struct rsl_strokes *s, size_t step, int64_t images, bool *any) {
    const struct rsl_node *n = rsl_plan_step_node(s->plan, step);
    s->struck.n = 0;
    for (size_t i = s->first[step + 1]; i < s->first[step + 2]; i++) {
        const struct rsl_stroke *k = &s->strokes.at[i];
        const struct rsl_activation *a = &k->group->at[k->hit->site];
        if (a->node == RSL_ABSENT) continue;
        *any = true;
        int last = RSL_ABSENT; /* Add(x, x) reads one buffer twice */
        for (int j = 0; j < n->n_in; j++) {
            struct rsl_plan_port port = rsl_plan_step_in(s->plan, step, j);
            if (n->in[j] != a->value || port.buffer == last) continue;
            last = port.buffer;
            RSL_TRY(strike_port(s, k, &port, a->value, images, true));
        }
    }
    return RSL_OK;
}

void rsl_strokes_undo(struct rsl_strokes *s) {
    for (size_t i = s->struck.n; i-- > 0;)
        memcpy(s->struck.at[i].at, s->struck.at[i].was, s->struck.at[i].bytes);
    s->struck.n = 0;
}
