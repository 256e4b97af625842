/* What changes a store: campaigns, points, trials. Each call is one transaction. */
#include "campaign/store_int.h"

#include "base/alloc.h"
#include "base/status.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static int64_t last_row(const struct rsl_store *s) {
    return sqlite3_last_insert_rowid(s->db);
}

/* ---- campaigns ---- */

static int same_campaign(const struct rsl_store *s, sqlite3_stmt *q,
                         const struct rsl_store_campaign *c) {
    const char *encoding = (const char *)sqlite3_column_text(q, 1);
    const char *protection = (const char *)sqlite3_column_text(q, 2);
    if (!encoding || !protection) return rsl_fail(RSL_ENOMEM, "%s: out of memory", s->path);
    if (strcmp(encoding, c->encoding) != 0 || strcmp(protection, c->protection) != 0 ||
        sqlite3_column_double(q, 3) != c->bits_per_weight ||
        sqlite3_column_int64(q, 4) != c->weights || sqlite3_column_int64(q, 5) != c->bits ||
        sqlite3_column_int64(q, 6) != c->scale_bits)
        return rsl_fail(
            RSL_EMISMATCH,
            "%s: storage '%s' was %s/%s, %.17g bits per weight, %lld weights, %lld "
            "bits (%lld of scales); now it is %s/%s, %.17g, %" PRId64 ", %" PRId64 " (%" PRId64 ")",
            s->path, c->storage, encoding, protection, sqlite3_column_double(q, 3),
            sqlite3_column_int64(q, 4), sqlite3_column_int64(q, 5), sqlite3_column_int64(q, 6),
            c->encoding, c->protection, c->bits_per_weight, c->weights, c->bits, c->scale_bits);
    return RSL_OK;
}

static int find_or_add_campaign(struct rsl_store *s, const struct rsl_store_campaign *c,
                                int64_t *id) {
    static const char find[] =
        "SELECT id, encoding, protection, bits_per_weight, weights, bits, scale_bits FROM campaign"
        " WHERE storage = ?";
    static const char add[] =
        "INSERT INTO campaign (storage, encoding, protection, bits_per_weight, weights, bits,"
        " scale_bits) VALUES (?, ?, ?, ?, ?, ?, ?)";
    sqlite3_stmt *q;
    int got;
    RSL_TRY(rsl_query(s, &q, find, "t", c->storage));
    RSL_TRY(got = rsl_query_step(s, q));
    if (got) {
        *id = sqlite3_column_int64(q, 0);
        int rc = same_campaign(s, q, c);
        rsl_query_end(q);
        return rc;
    }
    RSL_TRY(rsl_store_run(s, add, "tttdiii", c->storage, c->encoding, c->protection,
                          c->bits_per_weight, c->weights, c->bits, c->scale_bits));
    *id = last_row(s);
    return RSL_OK;
}

int rsl_store_add_campaign(struct rsl_store *s, const struct rsl_store_campaign *c, int64_t *id) {
    if (!c->storage || !c->encoding || !c->protection || !(c->bits_per_weight >= 0) ||
        c->weights < 0 || c->bits < 0 || c->scale_bits < 0 || c->scale_bits > c->bits)
        return rsl_fail(RSL_EARG, "%s: a campaign needs a storage and its sizes", s->path);
    RSL_TRY(rsl_store_begin(s));
    return rsl_store_end(s, find_or_add_campaign(s, c, id));
}

/* Bit i%8 of byte i/8 for image i. */
static int64_t pack_golden(const uint8_t *right, int64_t images, uint8_t *packed) {
    int64_t correct = 0;
    for (int64_t i = 0; i < images; i++) {
        packed[i / 8] |= (uint8_t)((right[i] != 0) << i % 8);
        correct += right[i] != 0;
    }
    return correct;
}

static int first_difference(const struct rsl_store *s, const uint8_t *before, const uint8_t *now) {
    for (int64_t i = 0; i < s->identity.images; i++)
        if ((before[i / 8] ^ now[i / 8]) >> i % 8 & 1)
            return rsl_fail(RSL_EMISMATCH,
                            "%s: without faults, image %" PRId64
                            " was classified %s when the "
                            "store was begun and is now %s: another processor or version rounds "
                            "differently, and trials of the two cannot be mixed; begin a new store",
                            s->path, i, before[i / 8] >> i % 8 & 1 ? "rightly" : "wrongly",
                            now[i / 8] >> i % 8 & 1 ? "rightly" : "wrongly");
    return RSL_OK;
}

static int set_golden(struct rsl_store *s, int64_t campaign, const uint8_t *packed, size_t bytes,
                      int64_t correct) {
    static const char find[] = "SELECT golden FROM campaign WHERE id = ?";
    static const char set[] = "UPDATE campaign SET golden = ?, golden_correct = ? WHERE id = ?";
    sqlite3_stmt *q;
    int got;
    RSL_TRY(rsl_query(s, &q, find, "i", campaign));
    RSL_TRY(got = rsl_query_step(s, q));
    if (!got) return rsl_fail(RSL_EARG, "%s: there is no campaign %" PRId64, s->path, campaign);
    const uint8_t *before = sqlite3_column_blob(q, 0);
    int rc = RSL_OK;
    if (before && (size_t)sqlite3_column_bytes(q, 0) != bytes)
        rc = rsl_fail(RSL_EFORMAT, "%s: the file is damaged (golden outcomes)", s->path);
    else if (before)
        rc = first_difference(s, before, packed);
    bool known = before != NULL;
    rsl_query_end(q);
    if (rc < 0 || known) return rc;
    return rsl_store_run(s, set, "bii", packed, bytes, correct, campaign);
}

int rsl_store_golden(struct rsl_store *s, int64_t campaign, const uint8_t *right) {
    size_t bytes = (size_t)(s->identity.images + 7) / 8;
    uint8_t *packed = rsl_calloc(bytes, 1);
    if (!packed) return RSL_ENOMEM;
    int64_t correct = pack_golden(right, s->identity.images, packed);
    int rc = rsl_store_begin(s);
    if (rc == RSL_OK) rc = rsl_store_end(s, set_golden(s, campaign, packed, bytes, correct));
    rsl_free(packed);
    return rc;
}

/* ---- points ---- */

static int same_strata(struct rsl_store *s, const struct rsl_store_point *p, int64_t id) {
    static const char sql[] = "SELECT name, weight FROM stratum WHERE point = ? ORDER BY number";
    sqlite3_stmt *q;
    int got, i = 0;
    bool same = true;
    RSL_TRY(rsl_query(s, &q, sql, "i", id));
    while ((got = rsl_query_step(s, q)) == 1 && same) {
        const char *name = (const char *)sqlite3_column_text(q, 0);
        same = i < p->n_strata && name && strcmp(name, p->strata[i].name) == 0 &&
               sqlite3_column_double(q, 1) == p->strata[i].weight;
        i++;
    }
    rsl_query_end(q);
    if (got < 0) return got;
    if (same && i == p->n_strata) return RSL_OK;
    return rsl_fail(RSL_EMISMATCH, "%s: fault '%s' had other strata than now", s->path, p->fault);
}

static int add_strata(struct rsl_store *s, const struct rsl_store_point *p, int64_t id) {
    static const char add[] =
        "INSERT INTO stratum (point, number, name, weight) VALUES (?, ?, ?, ?)";
    for (int i = 0; i < p->n_strata; i++)
        RSL_TRY(
            rsl_store_run(s, add, "iitd", id, (int64_t)i, p->strata[i].name, p->strata[i].weight));
    return RSL_OK;
}

/* Whether the point of the row (id, expected, population, available, list_sha256) strikes as p. */
static int same_faults(struct rsl_store *s, const struct rsl_store_point *p, sqlite3_stmt *row) {
    const char *list = (const char *)sqlite3_column_text(row, 4);
    double expected = sqlite3_column_double(row, 1);
    int64_t population = sqlite3_column_int64(row, 2), limit = sqlite3_column_int64(row, 3);
    if (!list) return RSL_ENOMEM;
    if (expected != p->expected || population != p->population || limit != p->limit)
        return rsl_fail(RSL_EMISMATCH,
                        "%s: fault '%s' had %.9g expected faults, a population of %" PRId64
                        " and %" PRId64 " possible trials, and now has %.9g, %" PRId64
                        " and %" PRId64 "; the fault list may have changed",
                        s->path, p->fault, expected, population, limit, p->expected, p->population,
                        p->limit);
    if (strcmp(list, p->list_sha256 ? p->list_sha256 : "") != 0)
        return rsl_fail(
            RSL_EMISMATCH,
            "%s: the faults of '%s' have changed since its first trials; choose another "
            "store",
            s->path, p->fault);
    return RSL_OK;
}

/* How wide intervals are printed is not what a point is: it may be asked for anew. */
static int set_confidence(struct rsl_store *s, int64_t point, double confidence) {
    static const char set[] = "UPDATE point SET confidence = ? WHERE id = ?";
    return confidence > 0 ? rsl_store_run(s, set, "di", confidence, point) : RSL_OK;
}

static int find_or_add_point(struct rsl_store *s, const struct rsl_store_point *p, int64_t *id) {
    static const char find[] =
        "SELECT id, expected, population, available, list_sha256 FROM point WHERE campaign = ?"
        " AND fault = ? AND ifnull(rate, -1) = ifnull(?, -1) AND sampling = ? AND design = ?";
    static const char add[] =
        "INSERT INTO point (campaign, fault, rate, sampling, design, expected, population,"
        " available, list_sha256, confidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    sqlite3_stmt *q;
    int got;
    RSL_TRY(
        rsl_query(s, &q, find, "itdtt", p->campaign, p->fault, p->rate, p->sampling, p->design));
    RSL_TRY(got = rsl_query_step(s, q));
    if (got) {
        *id = sqlite3_column_int64(q, 0);
        int rc = same_faults(s, p, q);
        rsl_query_end(q);
        RSL_TRY(rc);
        RSL_TRY(same_strata(s, p, *id));
        return set_confidence(s, *id, p->confidence);
    }
    RSL_TRY(rsl_store_run(s, add, "itdttdiitd", p->campaign, p->fault, p->rate, p->sampling,
                          p->design, p->expected, p->population, p->limit,
                          p->list_sha256 ? p->list_sha256 : "", p->confidence));
    *id = last_row(s);
    return add_strata(s, p, *id);
}

int rsl_store_add_point(struct rsl_store *s, const struct rsl_store_point *p, int64_t *id) {
    if (!p->fault || !p->sampling || !p->design)
        return rsl_fail(RSL_EARG, "%s: a point needs fault, sampling and design", s->path);
    if (p->rate < 0 || p->rate > 1)
        return rsl_fail(RSL_EARG, "%s: rate %g is not in [0,1]", s->path, p->rate);
    if (!(p->expected >= 0) || p->population < 0 || p->limit < 1 || !(p->confidence >= 0))
        return rsl_fail(RSL_EARG, "%s: a point has no negative sizes", s->path);
    for (int i = 0; i < p->n_strata; i++)
        if (!p->strata[i].name || !(p->strata[i].weight >= 0) || p->strata[i].weight > 1)
            return rsl_fail(RSL_EARG, "%s: stratum %d has weight %g", s->path, i,
                            p->strata[i].weight);
    RSL_TRY(rsl_store_begin(s));
    return rsl_store_end(s, find_or_add_point(s, p, id));
}

static int set_end(struct rsl_store *s, int64_t point, const struct rsl_store_end *end) {
    static const char set[] = "UPDATE point SET reason = ?, margin = ? WHERE id = ?";
    RSL_TRY(rsl_store_run(s, set, "tdi", end->reason, end->margin, point));
    if (sqlite3_changes(s->db) == 1) return set_confidence(s, point, end->confidence);
    return rsl_fail(RSL_EARG, "%s: there is no point %" PRId64, s->path, point);
}

int rsl_store_finish(struct rsl_store *s, int64_t point, const struct rsl_store_end *end) {
    if (!end->reason || !(end->margin >= 0) || !(end->confidence >= 0))
        return rsl_fail(RSL_EARG, "%s: a point is finished for a reason", s->path);
    RSL_TRY(rsl_store_begin(s));
    return rsl_store_end(s, set_end(s, point, end));
}

/* ---- trials ---- */

static int fail_trial(const struct rsl_store *s, const struct rsl_store_trial *t, const char *why) {
    return rsl_fail(RSL_EARG, "%s: trial %" PRId64 ": %s", s->path, t->k, why);
}

static bool counts_fit(const struct rsl_store_trial *t) {
    const int64_t of_images[] = {t->masked,  t->tolerable, t->sdc,           t->due,
                                 t->due_sdc, t->correct,   t->golden_correct};
    const int64_t others[] = {t->faults, t->changed, t->corrected, t->detected, t->missed};
    for (int i = 0; i < 7; i++)
        if (of_images[i] < 0 || of_images[i] > t->images) return false;
    for (int i = 0; i < 5; i++)
        if (others[i] < 0 || others[i] > RSL_MAX_ELEMENTS) return false;
    return t->due_sdc <= t->due && t->due_sdc <= t->sdc &&
           t->masked + t->tolerable + t->sdc + t->due - t->due_sdc == t->images &&
           t->correct <= t->golden_correct + t->sdc && t->golden_correct <= t->correct + t->sdc;
}

static bool outcomes_fit(const struct rsl_store_trial *t) {
    int64_t n[RSL_OUTCOMES] = {0};
    for (int64_t j = 0; j < t->images; j++) {
        if (t->outcomes[j] >= RSL_OUTCOMES) return false;
        n[t->outcomes[j]]++;
    }
    int64_t both = n[RSL_DUE_SDC] + n[RSL_DUE_SDC_RIGHT];
    return n[RSL_MASKED] == t->masked && n[RSL_TOLERABLE] == t->tolerable && both == t->due_sdc &&
           n[RSL_SDC] + n[RSL_SDC_RIGHT] + both == t->sdc && n[RSL_DUE] + both == t->due;
}

static int check_trial(const struct rsl_store *s, const struct rsl_store_trial *t) {
    const struct rsl_store_identity *d = &s->identity;
    if (t->k < 0) return fail_trial(s, t, "numbers start at 0");
    if (t->k % d->shards != d->shard) return fail_trial(s, t, "belongs to another shard");
    if (t->images < 1 || t->first < 0 || t->first > d->images || t->images > d->images - t->first)
        return fail_trial(s, t, "is on images that do not take part");
    if (!counts_fit(t)) return fail_trial(s, t, "counts do not add up");
    if (t->stratum < 0) return fail_trial(s, t, "strata start at 0");
    if (t->outcomes && !outcomes_fit(t)) return fail_trial(s, t, "outcomes and counts differ");
    const struct rsl_store_place *p = t->place;
    if (p &&
        (!p->layer || rsl_shape_check(p->shape) < 0 || p->element < 0 ||
         p->element >= rsl_shape_count(p->shape) || p->number < 0 || p->bit < 0 || p->bit > 127))
        return fail_trial(s, t, "the place of its fault does not exist");
    return RSL_OK;
}

/* The number of a layer, which is added when there is none. */
static int find_layer(struct rsl_store *s, int64_t point, const struct rsl_store_place *p,
                      int64_t *id) {
    static const char find[] =
        "SELECT layer.id FROM layer JOIN point USING (campaign)"
        " WHERE point.id = ? AND layer.name = ? AND shape = ?";
    static const char add[] =
        "INSERT INTO layer (campaign, number, name, shape)"
        " SELECT campaign, ?, ?, ? FROM point WHERE id = ?";
    char shape[RSL_SHAPE_TEXT];
    sqlite3_stmt *q;
    int got;
    rsl_shape_text(p->shape, shape);
    RSL_TRY(rsl_query(s, &q, find, "itt", point, p->layer, shape));
    RSL_TRY(got = rsl_query_step(s, q));
    if (got) {
        *id = sqlite3_column_int64(q, 0);
        rsl_query_end(q);
        return RSL_OK;
    }
    RSL_TRY(rsl_store_run(s, add, "itti", (int64_t)p->number, p->layer, shape, point));
    *id = last_row(s);
    return RSL_OK;
}

static int add_place(struct rsl_store *s, int64_t point, const struct rsl_store_trial *t) {
    static const char add[] =
        "INSERT INTO place (point, k, injection, layer, element, bit, effect, form)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    static const char add_before[] =
        "INSERT INTO place (point, k, injection, layer, element, bit) VALUES (?, ?, ?, ?, ?, ?)";
    const struct rsl_store_place *p = t->place;
    int64_t layer;
    RSL_TRY(find_layer(s, point, p, &layer));
    if (s->version < RSL_STORE_VERSION)
        return rsl_store_run(s, add_before, "iiiiii", point, t->k, p->injection, layer, p->element,
                             (int64_t)p->bit);
    return rsl_store_run(s, add, "iiiiiitt", point, t->k, p->injection, layer, p->element,
                         (int64_t)p->bit, p->effect, p->form);
}

static int add_outcomes(struct rsl_store *s, int64_t point, const struct rsl_store_trial *t) {
    static const char add[] = "INSERT INTO outcome (point, k, packed) VALUES (?, ?, ?)";
    size_t bytes = rsl_outcomes_bytes(t->images);
    uint8_t *packed = rsl_malloc(bytes);
    if (!packed) return RSL_ENOMEM;
    rsl_outcomes_pack(t->outcomes, t->images, packed);
    int rc = rsl_store_run(s, add, "iib", point, t->k, packed, bytes);
    rsl_free(packed);
    return rc;
}

int rsl_store_put_trial(struct rsl_store *s, int64_t point, const struct rsl_store_trial *t) {
    static const char add[] =
        "INSERT INTO trial (point, k, first, images, masked, tolerable, sdc, due, due_sdc,"
        " correct, golden_correct, faults, changed, corrected, detected, missed, stratum)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    RSL_TRY(check_trial(s, t));
    RSL_TRY(rsl_store_run(s, add, "iiiiiiiiiiiiiiiii", point, t->k, t->first, t->images, t->masked,
                          t->tolerable, t->sdc, t->due, t->due_sdc, t->correct, t->golden_correct,
                          t->faults, t->changed, t->corrected, t->detected, t->missed,
                          (int64_t)t->stratum));
    if (sqlite3_changes(s->db) != 1) return fail_trial(s, t, "is in the store already");
    if (t->place) RSL_TRY(add_place(s, point, t));
    return t->outcomes ? add_outcomes(s, point, t) : RSL_OK;
}

static int add_trials(struct rsl_store *s, int64_t point, const struct rsl_store_trial *trials,
                      size_t n) {
    /* Open again; and what the point has. */
    static const char reopen[] =
        "UPDATE point SET reason = NULL, margin = 0 WHERE id = ?"
        " RETURNING available, (SELECT count(*) FROM stratum WHERE point = point.id)";
    sqlite3_stmt *q;
    int got;
    RSL_TRY(rsl_query(s, &q, reopen, "i", point));
    RSL_TRY(got = rsl_query_step(s, q));
    if (!got) return rsl_fail(RSL_EARG, "%s: there is no point %" PRId64, s->path, point);
    int64_t limit = sqlite3_column_int64(q, 0), strata = sqlite3_column_int64(q, 1);
    rsl_query_end(q);
    for (size_t i = 0; i < n; i++) {
        if (trials[i].k >= limit) return fail_trial(s, &trials[i], "the fault has fewer trials");
        if (trials[i].stratum > 0 && trials[i].stratum >= strata)
            return fail_trial(s, &trials[i], "is of a stratum that the point does not have");
        RSL_TRY(rsl_store_put_trial(s, point, &trials[i]));
    }
    return RSL_OK;
}

int rsl_store_add_trials(struct rsl_store *s, int64_t point, const struct rsl_store_trial *trials,
                         size_t n) {
    if (n == 0) return RSL_OK;
    RSL_TRY(rsl_store_begin(s));
    return rsl_store_end(s, add_trials(s, point, trials, n));
}
