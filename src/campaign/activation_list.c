/* Activations that a fault list names: from labels and indices to places of the network. */
#include "base/alloc.h"
#include "base/map.h"
#include "base/status.h"
#include "base/vec.h"
#include "campaign/activation.h"

enum { AMBIGUOUS = INT32_MAX };

struct lookup {
    struct rsl_arena arena;        /* of the labels */
    struct rsl_activations all[2]; /* outputs, inputs */
    struct rsl_map numbers;        /* of labels, outputs first */
    int *taken;                    /* 1 + the number in the list's activations; 0: not yet */
};

static int find_all(struct lookup *l, const struct rsl_activation_source *from) {
    for (int e = 0; e < 2; e++) {
        struct rsl_neuron any = {.model = {.count = 1, .last_channel = -1}, .inputs = e == 1};
        RSL_TRY(rsl_activations_find(&l->all[e], from, &any));
    }
    size_t outputs = l->all[0].places.n, inputs = l->all[1].places.n;
    l->taken = rsl_calloc(outputs + inputs, sizeof *l->taken);
    if (!l->taken) return RSL_ENOMEM;
    for (size_t i = 0; i < outputs + inputs; i++) {
        const struct rsl_activation *a =
            i < outputs ? &l->all[0].places.at[i] : &l->all[1].places.at[i - outputs];
        const char *label = rsl_activation_label(&l->arena, from->graph, a);
        if (!label) return RSL_ENOMEM;
        bool twice = rsl_map_get(&l->numbers, label) >= 0;
        RSL_TRY(rsl_map_set(&l->numbers, label, twice ? AMBIGUOUS : (int64_t)i));
    }
    return RSL_OK;
}

/* The number that the labelled activation has among those of the list. */
static int take(struct lookup *l, struct rsl_activations *a, const char *label) {
    int64_t i = rsl_map_get(&l->numbers, label);
    if (i < 0)
        return rsl_fail(RSL_ENOTFOUND,
                        "the network has no activation '%.100s'; --fault neuron --dry-run lists "
                        "those that it has",
                        label);
    if (i == AMBIGUOUS) return rsl_fail(RSL_EARG, "several activations are called '%.100s'", label);
    if (l->taken[i] > 0) return l->taken[i] - 1;
    size_t outputs = l->all[0].places.n;
    const struct rsl_activations *from = &l->all[(size_t)i >= outputs];
    size_t at = (size_t)i >= outputs ? (size_t)i - outputs : (size_t)i;
    RSL_TRY(rsl_vec_push(&a->places, from->places.at[at]));
    RSL_TRY(rsl_vec_push(&a->sites, from->sites.at[at]));
    l->taken[i] = (int)a->places.n;
    return l->taken[i] - 1;
}

static int element_of(const struct rsl_site *s, const struct rsl_listed_site *row,
                      int64_t *element) {
    const int64_t sizes[] = {s->channels, s->height, s->width};
    if (row->rank != 3)
        return rsl_fail(RSL_EARG, "an activation's index is (channel, row, column), not %d numbers",
                        row->rank);
    *element = 0;
    for (int d = 0; d < 3; d++) {
        if (row->index[d] >= sizes[d])
            return rsl_fail(RSL_EARG, "index %lld in dimension %d of '%.100s', whose size is %lld",
                            (long long)row->index[d], d, row->layer, (long long)sizes[d]);
        *element = *element * sizes[d] + row->index[d];
    }
    return RSL_OK;
}

static int resolve(struct lookup *l, struct rsl_activations *a, const struct rsl_listed_site *row,
                   struct rsl_hit *hit) {
    hit->site = take(l, a, row->layer);
    hit->flips = UINT32_C(1) << row->bit;
    return hit->site < 0 ? hit->site : element_of(&a->sites.at[hit->site], row, &hit->element);
}

int rsl_activations_listed(struct rsl_activations *a, const struct rsl_activation_source *from,
                           const struct rsl_listed_sites *listed, struct rsl_hit *hits) {
    struct lookup l = {.arena = RSL_ARENA_INIT};
    *a = (struct rsl_activations){0};
    int rc = find_all(&l, from);
    for (size_t i = 0; i < listed->n && rc == RSL_OK; i++) {
        rc = resolve(&l, a, &listed->at[i], &hits[i]);
        if (rc < 0) rc = rsl_fail_in(rc, "'%s', line %zu", listed->path, listed->at[i].line);
    }
    for (int e = 0; e < 2; e++) rsl_activations_free(&l.all[e]);
    rsl_map_free(&l.numbers);
    rsl_arena_free(&l.arena);
    rsl_free(l.taken);
    if (rc < 0) rsl_activations_free(a);
    return rc < 0 ? rc : RSL_OK;
}
