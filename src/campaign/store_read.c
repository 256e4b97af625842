/* Reading a store back: campaigns, points, which trials are done, trials in order. */
#include "campaign/store_int.h"

#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"
#include "fault/neuron.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int fail_damaged(const struct rsl_store *s, const char *what) {
    return rsl_fail(RSL_EFORMAT, "%s: the file is damaged (%s); restore it from a copy", s->path,
                    what);
}

/* ---- lists ---- */

static int count(struct rsl_store *s, const char *sql, int64_t argument, size_t *n) {
    sqlite3_stmt *q;
    int got;
    RSL_TRY(rsl_query(s, &q, sql, "i", argument));
    RSL_TRY(got = rsl_query_step(s, q));
    *n = got ? (size_t)sqlite3_column_int64(q, 0) : 0;
    if (got) rsl_query_end(q);
    return RSL_OK;
}

static int read_golden(struct rsl_store *s, sqlite3_stmt *q, struct rsl_arena *arena,
                       struct rsl_store_campaign *c) {
    c->golden_correct = -1;
    if (sqlite3_column_type(q, 6) == SQLITE_NULL) return RSL_OK;
    size_t images = (size_t)s->identity.images;
    const uint8_t *packed = sqlite3_column_blob(q, 6);
    if (!packed || (size_t)sqlite3_column_bytes(q, 6) != (images + 7) / 8)
        return fail_damaged(s, "golden outcomes");
    uint8_t *right = rsl_arena_alloc(arena, images);
    if (!right) return RSL_ENOMEM;
    int64_t correct = 0;
    for (size_t i = 0; i < images; i++) correct += right[i] = packed[i / 8] >> i % 8 & 1;
    if (correct != sqlite3_column_int64(q, 7)) return fail_damaged(s, "golden outcomes");
    c->golden = right;
    c->golden_correct = correct;
    return RSL_OK;
}

static int read_campaign(struct rsl_store *s, sqlite3_stmt *q, struct rsl_arena *arena,
                         struct rsl_store_campaign *c) {
    int rc = RSL_OK;
    c->id = sqlite3_column_int64(q, 0);
    c->storage = rsl_query_text(q, 1, arena, &rc);
    c->encoding = rsl_query_text(q, 2, arena, &rc);
    c->protection = rsl_query_text(q, 3, arena, &rc);
    c->bits_per_weight = sqlite3_column_double(q, 4);
    c->weights = sqlite3_column_int64(q, 5);
    RSL_TRY(read_golden(s, q, arena, c));
    c->bits = sqlite3_column_int64(q, 8);
    c->scale_bits = sqlite3_column_int64(q, 9);
    return rc;
}

int rsl_store_campaigns(struct rsl_store *s, struct rsl_arena *arena,
                        struct rsl_store_campaign **at, size_t *n) {
    static const char sql[] =
        "SELECT id, storage, encoding, protection, bits_per_weight, weights, golden,"
        " golden_correct, bits, scale_bits FROM campaign ORDER BY storage";
    sqlite3_stmt *q;
    int rc;
    RSL_TRY(count(s, "SELECT count(*) FROM campaign WHERE ? = 0", 0, n));
    *at = rsl_arena_array(arena, *n, sizeof **at);
    if (!*at) return RSL_ENOMEM;
    RSL_TRY(rsl_query(s, &q, sql, ""));
    for (size_t i = 0; (rc = rsl_query_step(s, q)) == 1 && i < *n; i++) {
        rc = read_campaign(s, q, arena, &(*at)[i]);
        if (rc < 0) break;
    }
    rsl_query_end(q);
    return rc < 0 ? rc : RSL_OK;
}

static int read_strata(struct rsl_store *s, struct rsl_arena *arena, struct rsl_store_point *p) {
    static const char sql[] =
        "SELECT number, name, weight FROM stratum WHERE point = ? ORDER BY number";
    sqlite3_stmt *q;
    size_t n = 0;
    int rc;
    RSL_TRY(count(s, "SELECT count(*) FROM stratum WHERE point = ?", p->id, &n));
    if (n == 0) return RSL_OK;
    struct rsl_store_stratum *strata = rsl_arena_array(arena, n, sizeof *strata);
    if (!strata) return RSL_ENOMEM;
    p->strata = strata;
    RSL_TRY(rsl_query(s, &q, sql, "i", p->id));
    while ((rc = rsl_query_step(s, q)) == 1) {
        if (sqlite3_column_int64(q, 0) != p->n_strata)
            rc = fail_damaged(s, "strata");
        else
            strata[p->n_strata].name = rsl_query_text(q, 1, arena, &rc);
        if (rc < 0) break;
        strata[p->n_strata++].weight = sqlite3_column_double(q, 2);
    }
    rsl_query_end(q);
    return rc;
}

static int read_point(struct rsl_store *s, sqlite3_stmt *q, struct rsl_arena *arena,
                      struct rsl_store_point *p) {
    int rc = RSL_OK;
    p->id = sqlite3_column_int64(q, 0);
    p->campaign = sqlite3_column_int64(q, 1);
    p->fault = rsl_query_text(q, 2, arena, &rc);
    p->rate = sqlite3_column_type(q, 3) == SQLITE_NULL ? NAN : sqlite3_column_double(q, 3);
    p->sampling = rsl_query_text(q, 4, arena, &rc);
    p->design = rsl_query_text(q, 5, arena, &rc);
    p->expected = sqlite3_column_double(q, 6);
    p->population = sqlite3_column_int64(q, 7);
    p->limit = sqlite3_column_int64(q, 8);
    p->reason = rsl_query_text(q, 9, arena, &rc);
    p->margin = sqlite3_column_double(q, 10);
    p->confidence = sqlite3_column_double(q, 11);
    p->list_sha256 = rsl_query_text(q, 12, arena, &rc);
    return rc < 0 ? rc : read_strata(s, arena, p);
}

int rsl_store_points(struct rsl_store *s, int64_t campaign, struct rsl_arena *arena,
                     struct rsl_store_point **at, size_t *n) {
    /* Of a campaign, found by the index of points; of all. */
#define POINTS                                                                                   \
    "SELECT point.id, campaign, fault, rate, sampling, design, expected, population, available," \
    " reason, margin, confidence, list_sha256"                                                   \
    " FROM point JOIN campaign ON campaign.id = point.campaign WHERE "
#define IN_THEIR_ORDER " ORDER BY storage, fault, rate, sampling, design"
    static const char one[] = POINTS "campaign = ?1" IN_THEIR_ORDER;
    static const char all[] = POINTS "?1 = 0" IN_THEIR_ORDER;
    static const char counting_one[] = "SELECT count(*) FROM point WHERE campaign = ?1";
    static const char counting_all[] = "SELECT count(*) FROM point WHERE ?1 = 0";
    sqlite3_stmt *q;
    int rc;
    RSL_TRY(count(s, campaign ? counting_one : counting_all, campaign, n));
    *at = rsl_arena_array(arena, *n, sizeof **at);
    if (!*at) return RSL_ENOMEM;
    RSL_TRY(rsl_query(s, &q, campaign ? one : all, "i", campaign));
    size_t read = 0;
    while ((rc = rsl_query_step(s, q)) == 1 && read < *n) {
        rc = read_point(s, q, arena, &(*at)[read++]);
        if (rc < 0) break;
    }
    rsl_query_end(q);
    *n = read; /* fewer when points belong to no campaign */
    return rc < 0 ? rc : RSL_OK;
}

int rsl_store_count_places(struct rsl_store *s, int64_t point, int64_t *trials, int64_t *places) {
    static const char in_trials[] = "SELECT count(*) FROM trial WHERE point = ?";
    static const char in_places[] = "SELECT count(*) FROM place WHERE point = ?";
    size_t n = 0, with = 0;
    RSL_TRY(count(s, in_trials, point, &n));
    RSL_TRY(count(s, in_places, point, &with));
    *trials = (int64_t)n;
    *places = (int64_t)with;
    return RSL_OK;
}

int rsl_store_find_manners(struct rsl_store *s, int64_t point, struct rsl_store_manners *m) {
    static const char find[] =
        "SELECT ifnull(max(effect <> 'flip'), 0), ifnull(max(form <> 'f32'), 0),"
        " count(*) - count(effect) FROM place WHERE point = ?";
    sqlite3_stmt *q;
    *m = (struct rsl_store_manners){0};
    if (s->version < RSL_STORE_VERSION) {
        int64_t trials;
        return rsl_store_count_places(s, point, &trials, &m->unknown);
    }
    RSL_TRY(rsl_query(s, &q, find, "i", point));
    int got = rsl_query_step(s, q);
    if (got < 1) return got;
    m->stuck = sqlite3_column_int(q, 0);
    m->forms = sqlite3_column_int(q, 1);
    m->unknown = sqlite3_column_int64(q, 2);
    rsl_query_end(q);
    return RSL_OK;
}

/* ---- done ---- */

static int add_done(struct rsl_store_done *d, int64_t j) {
    if (d->n > 0 && d->at[d->n - 1].end == j) {
        d->at[d->n - 1].end++;
        return RSL_OK;
    }
    return rsl_vec_push(d, ((struct rsl_store_range){j, j + 1}));
}

int rsl_store_find_done(struct rsl_store *s, int64_t point, struct rsl_store_done *d) {
    sqlite3_stmt *q;
    int rc;
    d->n = 0;
    d->shard = s->identity.shard;
    d->shards = s->identity.shards;
    RSL_TRY(rsl_query(s, &q, "SELECT k FROM trial WHERE point = ? ORDER BY k", "i", point));
    while ((rc = rsl_query_step(s, q)) == 1) {
        int64_t k = sqlite3_column_int64(q, 0);
        rc = k % d->shards == d->shard ? add_done(d, k / d->shards)
                                       : fail_damaged(s, "a trial of another shard");
        if (rc < 0) break;
    }
    rsl_query_end(q);
    return rc;
}

/* The first range that ends after j; d->n when there is none. */
static size_t range_after(const struct rsl_store_done *d, int64_t j) {
    size_t low = 0, high = d->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (d->at[middle].end <= j)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t rsl_store_next(const struct rsl_store_done *d, int64_t k) {
    int64_t j = k <= d->shard ? 0 : (k - d->shard + d->shards - 1) / d->shards;
    size_t i = range_after(d, j);
    if (i < d->n && d->at[i].first <= j) j = d->at[i].end;
    return d->shard + j * d->shards;
}

int64_t rsl_store_count(const struct rsl_store_done *d) {
    int64_t n = 0;
    for (size_t i = 0; i < d->n; i++) n += d->at[i].end - d->at[i].first;
    return n;
}

/* ---- trials ---- */

int rsl_store_fault_has_bits(const char *fault) {
    struct rsl_fault_spec *spec;
    struct rsl_neuron neuron;
    int bits = 1, rc = rsl_fault_spec_parse(&spec, fault);
    if (rc < 0) return rc == RSL_ENOMEM ? rc : 1;
    for (int m = 0; m < rsl_fault_spec_models(spec); m++)
        if (rsl_fault_spec_neuron(spec, m, &neuron) && neuron.model.fixed) bits = 0;
    rsl_fault_spec_free(spec);
    return bits;
}

int rsl_store_rate(const struct rsl_store_point *p, double *rate, bool *upsets) {
    struct rsl_fault_spec *spec;
    *rate = p->rate;
    *upsets = false;
    int rc = rsl_fault_spec_parse(&spec, p->fault);
    if (rc < 0) return rc == RSL_ENOMEM ? rc : RSL_OK;
    if (isnan(p->rate)) *rate = rsl_fault_spec_rate(spec);
    *upsets = rsl_fault_spec_upsets(spec);
    rsl_fault_spec_free(spec);
    return RSL_OK;
}

struct rsl_store_cursor {
    struct rsl_store *store;
    sqlite3_stmt *query; /* its own: several cursors may be open */
    unsigned with;
    struct rsl_store_place place;
    struct rsl_shape shape;
    uint8_t *outcomes;
    size_t room;
};

/* What is not asked for is not looked up. */
static const char *scan_sql(const struct rsl_store *s, unsigned with) {
#define TRIAL                                                                       \
    "SELECT trial.k, first, images, masked, tolerable, sdc, due, due_sdc, correct," \
    " golden_correct, faults, changed, corrected, detected, missed, stratum"
#define PLACE        ", injection, layer.name, number, shape, element, bit, effect, form"
#define PLACE_BEFORE ", injection, layer.name, number, shape, element, bit, NULL, NULL"
#define NO_PLACE     ", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL"
#define FROM_PLACE   " LEFT JOIN place USING (point, k) LEFT JOIN layer ON layer.id = place.layer"
#define FROM_OUTCOME " LEFT JOIN outcome USING (point, k)"
#define IN_ORDER     " WHERE trial.point = ? ORDER BY trial.k"
    static const char *const sql[][2] = {
        {TRIAL NO_PLACE ", NULL FROM trial" IN_ORDER, TRIAL NO_PLACE ", NULL FROM trial" IN_ORDER},
        {TRIAL PLACE ", NULL FROM trial" FROM_PLACE IN_ORDER,
         TRIAL PLACE_BEFORE ", NULL FROM trial" FROM_PLACE IN_ORDER},
        {TRIAL NO_PLACE ", packed FROM trial" FROM_OUTCOME IN_ORDER,
         TRIAL NO_PLACE ", packed FROM trial" FROM_OUTCOME IN_ORDER},
        {TRIAL PLACE ", packed FROM trial" FROM_PLACE FROM_OUTCOME IN_ORDER,
         TRIAL PLACE_BEFORE ", packed FROM trial" FROM_PLACE FROM_OUTCOME IN_ORDER},
    };
    return sql[with & (RSL_WITH_PLACES | RSL_WITH_OUTCOMES)][s->version < RSL_STORE_VERSION];
}

int rsl_store_scan(struct rsl_store *s, int64_t point, unsigned with,
                   struct rsl_store_cursor **cursor) {
    *cursor = NULL;
    struct rsl_store_cursor *c = rsl_calloc(1, sizeof *c);
    if (!c) return RSL_ENOMEM;
    c->store = s;
    c->with = with;
    int code = sqlite3_prepare_v2(s->db, scan_sql(s, with), -1, &c->query, NULL);
    if (code == SQLITE_OK) code = sqlite3_bind_int64(c->query, 1, point);
    if (code == SQLITE_OK) {
        *cursor = c;
        return RSL_OK;
    }
    rsl_store_scan_end(c);
    return rsl_store_fail(s, code);
}

void rsl_store_scan_end(struct rsl_store_cursor *c) {
    if (!c) return;
    sqlite3_finalize(c->query);
    rsl_free(c->outcomes);
    rsl_free(c);
}

/* "[16,3,3,3]", the text that rsl_shape_text gives, and no other. */
static bool shape_of(const char *text, struct rsl_shape *shape) {
    char again[RSL_SHAPE_TEXT];
    const char *at = text;
    shape->rank = 0;
    if (*at++ != '[') return false;
    while (*at >= '0' && *at <= '9') {
        char *end;
        if (shape->rank == RSL_MAX_RANK) return false;
        shape->dim[shape->rank++] = strtoll(at, &end, 10);
        at = end + (*end == ',');
    }
    return strcmp(rsl_shape_text(shape, again), text) == 0 && rsl_shape_check(shape) == RSL_OK;
}

static int read_place(struct rsl_store_cursor *c, struct rsl_store_trial *t) {
    if (!(c->with & RSL_WITH_PLACES) || sqlite3_column_type(c->query, 16) == SQLITE_NULL)
        return RSL_OK;
    const char *layer = (const char *)sqlite3_column_text(c->query, 17);
    const char *shape = (const char *)sqlite3_column_text(c->query, 19);
    int64_t element = sqlite3_column_int64(c->query, 20);
    if (!layer || !shape || !shape_of(shape, &c->shape) || element < 0 ||
        element >= rsl_shape_count(&c->shape))
        return fail_damaged(c->store, "the place of a fault");
    c->place = (struct rsl_store_place){.injection = sqlite3_column_int64(c->query, 16),
                                        .layer = layer,
                                        .number = sqlite3_column_int(c->query, 18),
                                        .shape = &c->shape,
                                        .element = element,
                                        .bit = sqlite3_column_int(c->query, 21),
                                        .effect = (const char *)sqlite3_column_text(c->query, 22),
                                        .form = (const char *)sqlite3_column_text(c->query, 23)};
    t->place = &c->place;
    return RSL_OK;
}

static int read_outcomes(struct rsl_store_cursor *c, struct rsl_store_trial *t) {
    if (!(c->with & RSL_WITH_OUTCOMES) || sqlite3_column_type(c->query, 24) == SQLITE_NULL)
        return RSL_OK;
    const uint8_t *packed = sqlite3_column_blob(c->query, 24);
    if (!packed || (size_t)sqlite3_column_bytes(c->query, 24) != rsl_outcomes_bytes(t->images))
        return fail_damaged(c->store, "outcomes of a trial");
    if (c->room < (size_t)t->images) {
        rsl_free(c->outcomes);
        c->room = 0;
        c->outcomes = rsl_malloc((size_t)t->images);
        if (!c->outcomes) return RSL_ENOMEM;
        c->room = (size_t)t->images;
    }
    int rc = rsl_outcomes_unpack(packed, t->images, c->outcomes);
    if (rc < 0) return rsl_fail_in(rc, "%s: trial %" PRId64, c->store->path, t->k);
    t->outcomes = c->outcomes;
    return RSL_OK;
}

int rsl_store_step(struct rsl_store_cursor *c, struct rsl_store_trial *t) {
    int code = sqlite3_step(c->query);
    if (code == SQLITE_DONE) return 0;
    if (code != SQLITE_ROW) return rsl_store_fail(c->store, code);
    *t = (struct rsl_store_trial){0};
    int64_t *const fields[] = {
        &t->k,      &t->first,   &t->images,    &t->masked,   &t->tolerable,
        &t->sdc,    &t->due,     &t->due_sdc,   &t->correct,  &t->golden_correct,
        &t->faults, &t->changed, &t->corrected, &t->detected, &t->missed};
    for (int i = 0; i < 15; i++) *fields[i] = sqlite3_column_int64(c->query, i);
    t->stratum = sqlite3_column_int(c->query, 15);
    if (t->first + t->images > c->store->identity.images)
        return fail_damaged(c->store, "a trial on images that do not take part");
    RSL_TRY(read_place(c, t));
    RSL_TRY(read_outcomes(c, t));
    return 1;
}
