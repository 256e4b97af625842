/* The list of optimizers, and what all of them share: state, pieces, threads. See optimizer.h. */
#include "train/optimizer.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/nearest.h"
#include "base/status.h"
#include "train/optimizer_int.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define X(symbol) extern const struct rsl_optimizer_type rsl_optimizer_##symbol;
#include "train/optimizers.def"
#undef X

static const struct rsl_optimizer_type *const types[] = {
#define X(symbol) &rsl_optimizer_##symbol,
#include "train/optimizers.def"
#undef X
};

enum { TYPES = sizeof types / sizeof *types };

struct rsl_optimizer {
    const struct rsl_optimizer_type *type;
    struct rsl_optimizer_options options;
    struct rsl_arena arena;      /* `trained`, `states` and the names */
    struct rsl_trained *trained; /* [n] */
    size_t n;
    int per_parameter;                  /* states of each parameter */
    struct rsl_optimizer_state *states; /* [n * per_parameter], those of a parameter together */
    float *memory;                      /* of all states, each at a multiple of RSL_ALIGN bytes */
    int64_t steps;
};

const char *rsl_optimizer_name(size_t i) {
    return i < TYPES ? types[i]->name : NULL;
}

int rsl_optimizer_below_one(const char *optimizer, const char *what, double value) {
    if (value >= 0 && value < 1) return RSL_OK;
    return rsl_fail(RSL_EARG, "optimizer '%s': %s is %g, it must be at least 0 and below 1",
                    optimizer, what, value);
}

static int find(const char *name, const struct rsl_optimizer_type **type) {
    for (size_t i = 0; i < TYPES; i++)
        if (strcmp(types[i]->name, name) == 0) {
            *type = types[i];
            return RSL_OK;
        }
    return rsl_fail_unknown("optimizer", name, rsl_optimizer_name);
}

static int settle(struct rsl_optimizer *o, const struct rsl_optimizer_options *options) {
    o->options = *options;
    RSL_TRY(find(options->name ? options->name : "sgd", &o->type));
    o->options.name = o->type->name;
    if (!(o->options.weight_decay >= 0 && o->options.weight_decay <= (double)FLT_MAX))
        return rsl_fail(RSL_EARG, "optimizer '%s': weight decay is %g, it must not be below 0",
                        o->type->name, o->options.weight_decay);
    o->per_parameter = o->type->settle(&o->options);
    return o->per_parameter < 0 ? o->per_parameter : RSL_OK;
}

static int copy_trained(struct rsl_optimizer *o, const struct rsl_trained *trained, size_t n) {
    o->n = n;
    o->trained = rsl_arena_array(&o->arena, n, sizeof *trained);
    if (!o->trained) return RSL_ENOMEM;
    for (size_t k = 0; k < n; k++) {
        assert(trained[k].count >= 0);
        o->trained[k] = trained[k];
        o->trained[k].name = rsl_arena_strdup(&o->arena, trained[k].name);
        if (!o->trained[k].name) return RSL_ENOMEM;
    }
    return RSL_OK;
}

/* Floats from one state to the next, so that each starts aligned. */
static int64_t stride(int64_t count) {
    const int64_t unit = RSL_ALIGN / (int64_t)sizeof(float);
    return (count + unit - 1) / unit * unit;
}

static int make_states(struct rsl_optimizer *o) {
    const int64_t most = PTRDIFF_MAX / (int64_t)sizeof(float) / 2;
    size_t per = (size_t)o->per_parameter;
    int64_t total = 0;
    if (per == 0) return RSL_OK;
    for (size_t k = 0; k < o->n; k++) {
        if (o->trained[k].count > most || total > most - stride(o->trained[k].count))
            return rsl_fail(RSL_ENOMEM, "out of memory: the state of '%s' has %" PRId64 " elements",
                            o->trained[k].name, o->trained[k].count);
        total += stride(o->trained[k].count);
    }
    o->states = rsl_arena_array(&o->arena, o->n * per, sizeof *o->states);
    o->memory = rsl_calloc((size_t)total, per * sizeof(float));
    if (!o->states || !o->memory) return RSL_ENOMEM;
    float *next = o->memory;
    for (size_t i = 0; i < o->n * per; i++) {
        const struct rsl_trained *t = &o->trained[i / per];
        const char *name = rsl_arena_printf(&o->arena, "%s.%s", o->type->states[i % per], t->name);
        if (!name) return RSL_ENOMEM;
        o->states[i] = (struct rsl_optimizer_state){name, next, t->count, i / per};
        next += stride(t->count);
    }
    return RSL_OK;
}

int rsl_optimizer_new(struct rsl_optimizer **optimizer, const struct rsl_optimizer_options *options,
                      const struct rsl_trained *trained, size_t n) {
    int rc;
    *optimizer = NULL;
    if (n == 0) return rsl_fail(RSL_EARG, "there are no parameters to train");
    struct rsl_optimizer *o = rsl_calloc(1, sizeof *o);
    if (!o) return RSL_ENOMEM;
    RSL_GOTO(settle(o, options));
    RSL_GOTO(copy_trained(o, trained, n));
    RSL_GOTO(make_states(o));
    *optimizer = o;
    return RSL_OK;
out:
    rsl_optimizer_free(o);
    return rc;
}

void rsl_optimizer_free(struct rsl_optimizer *o) {
    if (!o) return;
    rsl_free(o->memory);
    rsl_arena_free(&o->arena);
    rsl_free(o);
}

/* ---- the step ---- */

static void update_piece(const struct rsl_optimizer *o, const struct rsl_update *u,
                         const struct rsl_piece *p) {
    const struct rsl_trained *t = &o->trained[p->tensor];
    float *state[RSL_OPTIMIZER_STATES] = {NULL};
    size_t per = (size_t)o->per_parameter;
    for (size_t k = 0; k < per; k++) state[k] = o->states[p->tensor * per + k].value + p->first;
    o->type->update(u, t->value + p->first, t->gradient + p->first, state, p->count);
}

int rsl_optimizer_step(struct rsl_optimizer *o, double learning_rate, double gradient_scale) {
    if (!(learning_rate >= 0 && learning_rate <= (double)FLT_MAX))
        return rsl_fail(RSL_EARG,
                        "step %" PRId64
                        ": the learning rate is %g, it must be a number "
                        "that is not below 0",
                        o->steps + 1, learning_rate);
    if (!(fabs(gradient_scale) <= (double)FLT_MAX))
        return rsl_fail(RSL_EARG, "step %" PRId64 ": the gradients' scale is %g, it must be finite",
                        o->steps + 1, gradient_scale);
    struct rsl_update decaying = {.scale = (float)gradient_scale, .shrink = 1};
    o->type->prepare(&decaying, &o->options, o->steps + 1, learning_rate);
    struct rsl_update plain = decaying;
    plain.coupled = 0;
    plain.shrink = 1;

    struct rsl_pieces pieces;
    rsl_pieces_start(&pieces);
    while (rsl_pieces_next(&pieces, o->trained, o->n)) {
        ptrdiff_t count = (ptrdiff_t)pieces.n;
#pragma omp parallel for schedule(dynamic)
        for (ptrdiff_t i = 0; i < count; i++) {
            const struct rsl_piece *p = &pieces.at[i];
            update_piece(o, o->trained[p->tensor].decay ? &decaying : &plain, p);
        }
    }
    o->steps++;
    return RSL_OK;
}

int rsl_optimizer_set_momentum(struct rsl_optimizer *o, double momentum) {
    RSL_TRY(rsl_optimizer_below_one(o->type->name, "momentum", momentum));
    if (o->per_parameter == 0)
        return rsl_fail(RSL_EARG, "optimizer '%s' was made without momentum and cannot take %g",
                        o->type->name, momentum);
    *o->type->momentum(&o->options) = momentum;
    return RSL_OK;
}

/* ---- state ---- */

size_t rsl_optimizer_states(const struct rsl_optimizer *o) {
    return o->n * (size_t)o->per_parameter;
}

struct rsl_optimizer_state rsl_optimizer_state(const struct rsl_optimizer *o, size_t i) {
    assert(i < rsl_optimizer_states(o));
    return o->states[i];
}

int64_t rsl_optimizer_steps(const struct rsl_optimizer *o) {
    return o->steps;
}

int rsl_optimizer_set_steps(struct rsl_optimizer *o, int64_t steps) {
    if (steps < 0 || steps == INT64_MAX)
        return rsl_fail(RSL_EARG, "an optimizer cannot have done %" PRId64 " steps", steps);
    o->steps = steps;
    return RSL_OK;
}
