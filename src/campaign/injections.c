/* Trials of one fault each, one by one, in the form in which fault lists are published. */
#include "campaign/store.h"
#include "resile/store.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/status.h"
#include "fault/fault_list.h"
#include "fault/manner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { INDEX_TEXT = 24 * RSL_MAX_RANK };

struct rsl_injections {
    struct rsl_store *store;
    struct rsl_store_cursor *cursor;
    const char *effect, *form; /* of places that do not say theirs */
    bool effects, forms;       /* whether the list needs the columns */
    char index[INDEX_TEXT];
};

/* A point, by how many of its trials say where their fault was. */
enum worth { NONE, SOME, ALL };

static int worth_of(struct rsl_store *store, int64_t point, enum worth *w) {
    int64_t trials, places;
    RSL_TRY(rsl_store_count_places(store, point, &trials, &places));
    *w = places == 0 ? NONE : places < trials ? SOME : ALL;
    return RSL_OK;
}

/* A list says which bit is inverted. */
static int check_bits(const struct rsl_store *store, const char *fault) {
    int bits = rsl_store_fault_has_bits(fault);
    if (bits != 0) return bits < 0 ? bits : RSL_OK;
    return rsl_fail(RSL_EUNSUPPORTED,
                    "%s: activations become a value under '%s'; a fault list can only say that "
                    "bits are inverted",
                    rsl_store_path(store), fault);
}

/* What places of a store of version 2 do not say follows from the spec, or from nothing. */
static int find_manner(struct rsl_injections *j, const char *fault) {
    struct rsl_fault_spec *spec;
    enum rsl_effect effect = RSL_FLIP;
    enum rsl_site_form form = RSL_AS_F32;
    int rc = rsl_fault_spec_parse(&spec, fault);
    if (rc == RSL_ENOMEM) return rc;
    bool known = rc == RSL_OK && rsl_fault_spec_manner(spec, &effect, &form);
    if (rc == RSL_OK) rsl_fault_spec_free(spec);
    if (!known)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "%s: is a store of version 2, which does not say whether the faults of "
                        "'%s' were stuck, nor in which form activations were struck; `resile "
                        "inject --write-faults` lists them anew",
                        rsl_store_path(j->store), fault);
    j->effect = rsl_effect_name(effect);
    j->form = rsl_site_form_name((size_t)form);
    j->effects |= effect != RSL_FLIP;
    j->forms |= form != RSL_AS_F32;
    return RSL_OK;
}

static int find_manners(struct rsl_injections *j, int64_t point, const char *fault) {
    struct rsl_store_manners m;
    RSL_TRY(rsl_store_find_manners(j->store, point, &m));
    j->effects = m.stuck;
    j->forms = m.forms;
    return m.unknown > 0 ? find_manner(j, fault) : RSL_OK;
}

/* The only point that answers. One whose trials all are single faults goes before one in which some
 * happen to be. */
static int find_point(struct rsl_injections *j, const char *fault, int64_t *id) {
    struct rsl_store *store = j->store;
    struct rsl_arena arena = RSL_ARENA_INIT;
    struct rsl_store_point *points;
    const char *found = NULL, *other = NULL;
    enum worth best = NONE, w;
    size_t n = 0;
    int rc = rsl_store_points(store, 0, &arena, &points, &n);
    for (size_t i = 0; i < n && rc == RSL_OK; i++) {
        if (fault && strcmp(points[i].fault, fault) != 0) continue;
        rc = worth_of(store, points[i].id, &w);
        if (rc < 0 || w == NONE || w < best) continue;
        other = w == best ? found : NULL;
        best = w;
        found = points[i].fault;
        *id = points[i].id;
    }
    if (rc == RSL_OK && !found)
        rc =
            rsl_fail(RSL_ENOTFOUND,
                     "%s: has no trials of single faults%s%s; `resile inject --write-faults` lists "
                     "those of others",
                     rsl_store_path(store), fault ? " of " : "", fault ? fault : "");
    if (rc == RSL_OK && other)
        rc = rsl_fail(RSL_EARG,
                      "%s: has single faults of '%s' and of '%s'; name one of them, or store each "
                      "storage and rate apart",
                      rsl_store_path(store), other, found);
    if (rc == RSL_OK) rc = check_bits(store, found);
    if (rc == RSL_OK) rc = find_manners(j, *id, found);
    rsl_arena_free(&arena);
    return rc;
}

int rsl_injections_open(struct rsl_injections **injections, const char *path, const char *fault) {
    int64_t point;
    *injections = NULL;
    struct rsl_injections *j = rsl_calloc(1, sizeof *j);
    if (!j) return RSL_ENOMEM;
    int rc = rsl_store_read(&j->store, path);
    if (rc == RSL_OK) rc = find_point(j, fault, &point);
    if (rc == RSL_OK) rc = rsl_store_scan(j->store, point, RSL_WITH_PLACES, &j->cursor);
    if (rc == RSL_OK)
        *injections = j;
    else
        rsl_injections_close(j);
    return rc;
}

/* "(3, 0, 2, 1)": element in row-major order as one number per dimension, as Python prints it. */
static void print_index(const struct rsl_shape *shape, int64_t element, char text[INDEX_TEXT]) {
    int64_t digits[RSL_MAX_RANK] = {0};
    for (int d = shape->rank - 1; d >= 0; d--) {
        digits[d] = element % shape->dim[d];
        element /= shape->dim[d];
    }
    int n = snprintf(text, INDEX_TEXT, "(");
    for (int d = 0; d < shape->rank; d++)
        n += snprintf(text + n, (size_t)(INDEX_TEXT - n), "%s%" PRId64, d ? ", " : "", digits[d]);
    snprintf(text + n, (size_t)(INDEX_TEXT - n), shape->rank == 1 ? ",)" : ")");
}

int rsl_injections_next(struct rsl_injections *j, struct rsl_injection *out) {
    struct rsl_store_trial t;
    int got;
    do got = rsl_store_step(j->cursor, &t);
    while (got == 1 && !t.place);
    if (got != 1) return got;
    print_index(t.place->shape, t.place->element, j->index);
    bool site = rsl_fault_list_is_site(t.place->layer);
    const char *effect = t.place->effect ? t.place->effect : site ? "flip" : j->effect;
    const char *form = !site ? "" : t.place->form ? t.place->form : j->form;
    *out = (struct rsl_injection){
        .injection = t.place->injection,
        .layer = t.place->layer,
        .index = j->index,
        .bit = t.place->bit,
        .effect = j->effects ? effect : NULL,
        .as = j->forms ? form : NULL,
        .images = t.images,
        .masked = t.masked,
        .non_critical = t.images - t.masked - t.sdc,
        .critical = t.sdc,
    };
    return 1;
}

void rsl_injections_close(struct rsl_injections *j) {
    if (!j) return;
    rsl_store_scan_end(j->cursor);
    rsl_store_close(j->store);
    rsl_free(j);
}
