/* The digest of a store: SHA-256 of its content as text, in one order. docs/store.md has the form,
 * so that others can compute it too: records are lines, fields are separated by tabs, texts carry
 * their length, numbers are decimal (real ones with 17 significant digits, "-" where there is
 * none).
 */
#include "campaign/store_int.h"
#include "resile/store.h"

#include "base/number.h"
#include "base/sha256.h"
#include "base/status.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void add_text(struct rsl_sha256 *h, const char *text) {
    char length[32];
    size_t n = text ? strlen(text) : 0;
    int written = text ? snprintf(length, sizeof length, "\t%zu:", n)
                       : snprintf(length, sizeof length, "\t-");
    rsl_sha256_add(h, length, (size_t)written);
    if (text) rsl_sha256_add(h, text, n);
}

static void add_int(struct rsl_sha256 *h, int64_t value) {
    char text[32];
    int n = snprintf(text, sizeof text, "\t%" PRId64, value);
    rsl_sha256_add(h, text, (size_t)n);
}

static void add_real(struct rsl_sha256 *h, double value) {
    char text[40];
    int n = isnan(value) ? snprintf(text, sizeof text, "\t-")
                         : rsl_format(text, sizeof text, "\t%.17g", value);
    rsl_sha256_add(h, text, (size_t)n);
}

static void begin_line(struct rsl_sha256 *h, const char *kind) {
    rsl_sha256_add(h, kind, strlen(kind));
}

static void end_line(struct rsl_sha256 *h) {
    rsl_sha256_add(h, "\n", 1);
}

static void add_identity(struct rsl_sha256 *h, const struct rsl_store_identity *d) {
    begin_line(h, "store 2");
    add_text(h, d->model_sha256);
    add_text(h, d->data);
    add_text(h, d->split);
    add_int(h, d->data_images);
    add_text(h, d->data_sha256);
    add_text(h, d->preprocess);
    add_int(h, d->images);
    add_int(h, (int64_t)d->seed);
    add_text(h, d->compute);
    add_int(h, d->shard);
    add_int(h, d->shards);
    end_line(h);
}

static void add_campaign(struct rsl_sha256 *h, const struct rsl_store_campaign *c, int64_t images) {
    begin_line(h, "campaign");
    add_text(h, c->storage);
    add_text(h, c->encoding);
    add_text(h, c->protection);
    add_real(h, c->bits_per_weight);
    add_int(h, c->weights);
    add_int(h, c->bits);
    begin_line(h, c->golden ? "\t" : "\t-");
    for (int64_t i = 0; c->golden && i < images; i++)
        rsl_sha256_add(h, c->golden[i] ? "1" : "0", 1);
    end_line(h);
}

static void add_point(struct rsl_sha256 *h, const struct rsl_store_point *p) {
    begin_line(h, "point");
    add_text(h, p->fault);
    add_real(h, p->rate);
    add_text(h, p->sampling);
    add_text(h, p->design);
    add_real(h, p->expected);
    add_int(h, p->population);
    add_int(h, p->limit);
    add_text(h, p->list_sha256);
    add_text(h, p->reason);
    add_real(h, p->margin);
    /* Without a margin no trial depends on it, and it may be asked for anew. */
    add_real(h, p->margin > 0 ? p->confidence : 0);
    end_line(h);
    for (int i = 0; i < p->n_strata; i++) {
        begin_line(h, "stratum");
        add_text(h, p->strata[i].name);
        add_real(h, p->strata[i].weight);
        end_line(h);
    }
}

static void add_trial(struct rsl_sha256 *h, const struct rsl_store_trial *t) {
    const int64_t fields[] = {t->k,      t->first,   t->images,    t->masked,   t->tolerable,
                              t->sdc,    t->due,     t->due_sdc,   t->correct,  t->golden_correct,
                              t->faults, t->changed, t->corrected, t->detected, t->missed,
                              t->stratum};
    begin_line(h, "trial");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) add_int(h, fields[i]);
    end_line(h);
    if (t->place) {
        char shape[RSL_SHAPE_TEXT];
        begin_line(h, "place");
        add_int(h, t->place->injection);
        add_text(h, t->place->layer);
        add_text(h, rsl_shape_text(t->place->shape, shape));
        add_int(h, t->place->element);
        add_int(h, t->place->bit);
        end_line(h);
    }
    if (t->outcomes) {
        begin_line(h, "outcomes\t");
        for (int64_t j = 0; j < t->images; j++) {
            char digit = (char)('0' + t->outcomes[j]);
            rsl_sha256_add(h, &digit, 1);
        }
        end_line(h);
    }
}

static int add_trials(struct rsl_sha256 *h, struct rsl_store *s, int64_t point) {
    struct rsl_store_cursor *cursor;
    struct rsl_store_trial trial;
    int got;
    RSL_TRY(rsl_store_scan(s, point, RSL_WITH_PLACES | RSL_WITH_OUTCOMES, &cursor));
    while ((got = rsl_store_step(cursor, &trial)) == 1) add_trial(h, &trial);
    rsl_store_scan_end(cursor);
    return got;
}

static int add_all(struct rsl_sha256 *h, struct rsl_store *s, struct rsl_arena *arena) {
    struct rsl_store_campaign *campaigns;
    struct rsl_store_point *points;
    size_t n_campaigns, n_points;
    add_identity(h, &s->identity);
    RSL_TRY(rsl_store_campaigns(s, arena, &campaigns, &n_campaigns));
    for (size_t i = 0; i < n_campaigns; i++) {
        add_campaign(h, &campaigns[i], s->identity.images);
        RSL_TRY(rsl_store_points(s, campaigns[i].id, arena, &points, &n_points));
        for (size_t j = 0; j < n_points; j++) {
            add_point(h, &points[j]);
            RSL_TRY(add_trials(h, s, points[j].id));
        }
    }
    return RSL_OK;
}

int rsl_store_digest(struct rsl_store *s, char hex[65]) {
    struct rsl_arena arena = RSL_ARENA_INIT;
    struct rsl_sha256 h;
    rsl_sha256_init(&h);
    int rc = add_all(&h, s, &arena);
    rsl_arena_free(&arena);
    rsl_sha256_hex(&h, hex);
    return rc;
}

int rsl_store_fingerprint(const char *path, char digest[65]) {
    struct rsl_store *store;
    RSL_TRY(rsl_store_read(&store, path));
    int rc = rsl_store_digest(store, digest);
    rsl_store_close(store);
    return rc;
}
