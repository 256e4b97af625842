/* Shards become one store: trials k with k % n == i of n stores, put together in ascending k.
 *
 * The result has the digest that one unsharded run has. It is written under a temporary name and
 * appears whole. Points that a shard has not finished, or that were finished for different reasons,
 * are left unfinished: the same command without --shard completes them. */
#define _XOPEN_SOURCE 700
#include "campaign/store_int.h"
#include "resile/store.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct shard {
    struct rsl_store *store;
    struct rsl_store_campaign *campaigns;
    struct rsl_store_point *points; /* of all campaigns */
    size_t n_campaigns, n_points;
    /* The point whose trials are being merged. */
    struct rsl_store_cursor *cursor; /* NULL: the shard does not have it */
    struct rsl_store_trial trial;    /* the next one */
    bool more;
};

struct merge {
    struct shard *shards; /* [n] in the order given */
    int n;
    struct rsl_store *output;
    struct rsl_arena arena;
    struct rsl_merge_summary summary;
};

/* ---- the shards ---- */

static const struct rsl_store_identity *identity(const struct shard *s) {
    return rsl_store_identity_of(s->store);
}

static const char *path(const struct shard *s) {
    return rsl_store_path(s->store);
}

static int check_pair(const struct shard *a, const struct shard *b) {
    RSL_TRY(rsl_store_same(a->store, identity(b), path(b)));
    if (identity(a)->shards != identity(b)->shards)
        return rsl_fail(RSL_EMISMATCH, "%s is one of %d shards, %s is one of %d", path(a),
                        identity(a)->shards, path(b), identity(b)->shards);
    if (identity(a)->shard == identity(b)->shard)
        return rsl_fail(RSL_EMISMATCH, "%s and %s are both shard %d/%d: they overlap", path(a),
                        path(b), identity(a)->shard, identity(a)->shards);
    return RSL_OK;
}

static int check_shards(const struct merge *m) {
    int shards = identity(&m->shards[0])->shards;
    for (int i = 1; i < m->n; i++)
        for (int j = 0; j < i; j++) RSL_TRY(check_pair(&m->shards[j], &m->shards[i]));
    for (int shard = 0; shard < shards; shard++) {
        int i = 0;
        while (i < m->n && identity(&m->shards[i])->shard != shard) i++;
        if (i == m->n)
            return rsl_fail(RSL_ENOTFOUND,
                            "shard %d/%d is missing: a merge takes all %d stores at once", shard,
                            shards, shards);
    }
    return RSL_OK;
}

static int open_shards(struct merge *m, const char *const *inputs, int n) {
    m->shards = rsl_calloc((size_t)n, sizeof *m->shards);
    if (!m->shards) return RSL_ENOMEM;
    for (m->n = 0; m->n < n; m->n++) {
        struct shard *s = &m->shards[m->n];
        RSL_TRY(rsl_store_read(&s->store, inputs[m->n]));
    }
    RSL_TRY(check_shards(m));
    for (int i = 0; i < n; i++) {
        struct shard *s = &m->shards[i];
        RSL_TRY(rsl_store_campaigns(s->store, &m->arena, &s->campaigns, &s->n_campaigns));
        RSL_TRY(rsl_store_points(s->store, 0, &m->arena, &s->points, &s->n_points));
    }
    return RSL_OK;
}

/* ---- campaigns and points: numbers differ from store to store ---- */

static int merge_campaign(struct merge *m, const struct shard *s,
                          const struct rsl_store_campaign *c) {
    struct rsl_store_timing timing;
    int64_t campaign, point;
    RSL_TRY(rsl_store_add_campaign(m->output, c, &campaign));
    if (c->golden) RSL_TRY(rsl_store_golden(m->output, campaign, c->golden));
    int timed = rsl_store_timing(s->store, c->id, &m->arena, &timing);
    RSL_TRY(timed);
    if (timed) RSL_TRY(rsl_store_set_timing(m->output, campaign, &timing));
    for (size_t i = 0; i < s->n_points; i++) {
        struct rsl_store_point p = s->points[i];
        if (p.campaign != c->id) continue;
        p.campaign = campaign;
        RSL_TRY(rsl_store_add_point(m->output, &p, &point));
    }
    return RSL_OK;
}

/* All campaigns and points of all shards, still without trials. */
static int merge_points(struct merge *m) {
    for (int i = 0; i < m->n; i++) {
        const struct shard *s = &m->shards[i];
        for (size_t c = 0; c < s->n_campaigns; c++) {
            int rc = merge_campaign(m, s, &s->campaigns[c]);
            if (rc < 0) return rsl_fail_in(rc, "%s cannot be merged", path(s));
        }
    }
    return RSL_OK;
}

static bool same_rate(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

/* The shard's point that is `p` of the output, whose campaign has `storage`; NULL: none. */
static const struct rsl_store_point *find_point(const struct shard *s, const char *storage,
                                                const struct rsl_store_point *p) {
    for (size_t c = 0; c < s->n_campaigns; c++) {
        if (strcmp(s->campaigns[c].storage, storage) != 0) continue;
        for (size_t i = 0; i < s->n_points; i++) {
            const struct rsl_store_point *q = &s->points[i];
            if (q->campaign == s->campaigns[c].id && strcmp(q->fault, p->fault) == 0 &&
                same_rate(q->rate, p->rate) && strcmp(q->sampling, p->sampling) == 0 &&
                strcmp(q->design, p->design) == 0)
                return q;
        }
    }
    return NULL;
}

/* ---- trials ---- */

static int advance(struct shard *s) {
    int got = rsl_store_step(s->cursor, &s->trial);
    s->more = got == 1;
    return got < 0 ? got : RSL_OK;
}

static void close_cursors(struct merge *m) {
    for (int i = 0; i < m->n; i++) {
        rsl_store_scan_end(m->shards[i].cursor);
        m->shards[i].cursor = NULL;
        m->shards[i].more = false;
    }
}

/* The confidence matters with a margin only, which cannot be shared. */
static bool same_end(const struct rsl_store_end *e, const struct rsl_store_point *p) {
    return strcmp(e->reason, p->reason) == 0 && e->margin == p->margin;
}

/* Opens the point in every shard. *end is how all of them finished it; reason NULL: not all did, or
 * not alike. */
static int open_cursors(struct merge *m, const char *storage, const struct rsl_store_point *p,
                        struct rsl_store_end *end) {
    bool alike = true;
    *end = (struct rsl_store_end){0};
    for (int i = 0; i < m->n; i++) {
        struct shard *s = &m->shards[i];
        const struct rsl_store_point *q = find_point(s, storage, p);
        if (!q || !q->reason)
            alike = false;
        else if (!end->reason)
            *end = (struct rsl_store_end){q->reason, q->margin, 0};
        else if (!same_end(end, q))
            alike = false;
        if (!q) continue;
        RSL_TRY(rsl_store_scan(s->store, q->id, RSL_WITH_PLACES | RSL_WITH_OUTCOMES, &s->cursor));
        RSL_TRY(advance(s));
    }
    if (!alike) end->reason = NULL;
    return RSL_OK;
}

static struct shard *least_trial(const struct merge *m) {
    struct shard *least = NULL;
    for (int i = 0; i < m->n; i++) {
        struct shard *s = &m->shards[i];
        if (s->more && (!least || s->trial.k < least->trial.k)) least = s;
    }
    return least;
}

/* Trials in ascending k; *whole: they are 0..n-1, as an unsharded run has them. */
static int merge_trials(struct merge *m, int64_t point, bool *whole) {
    struct shard *s;
    *whole = true;
    for (int64_t next = 0; (s = least_trial(m)) != NULL; next++) {
        if (s->trial.k != next) *whole = false;
        if (s->trial.k % identity(s)->shards != identity(s)->shard)
            return rsl_fail(RSL_EFORMAT, "%s: has trial %" PRId64 ", which is of another shard",
                            path(s), s->trial.k);
        RSL_TRY(rsl_store_put_trial(m->output, point, &s->trial));
        m->summary.trials++;
        RSL_TRY(advance(s));
    }
    return RSL_OK;
}

static int merge_point(struct merge *m, const char *storage, const struct rsl_store_point *p) {
    struct rsl_store_end end;
    bool whole = false;
    int rc = open_cursors(m, storage, p, &end);
    if (rc == RSL_OK) rc = rsl_store_begin(m->output);
    if (rc == RSL_OK) rc = rsl_store_end(m->output, merge_trials(m, p->id, &whole));
    close_cursors(m);
    RSL_TRY(rc);
    m->summary.points++;
    if (!end.reason || !whole) return RSL_OK;
    m->summary.finished++;
    return rsl_store_finish(m->output, p->id, &end);
}

static int merge_all(struct merge *m) {
    struct rsl_store_campaign *campaigns;
    struct rsl_store_point *points;
    size_t n, n_points;
    for (int i = 0; i < m->n; i++) RSL_TRY(rsl_store_copy_sessions(m->output, m->shards[i].store));
    RSL_TRY(merge_points(m));
    RSL_TRY(rsl_store_campaigns(m->output, &m->arena, &campaigns, &n));
    for (size_t c = 0; c < n; c++) {
        RSL_TRY(rsl_store_points(m->output, campaigns[c].id, &m->arena, &points, &n_points));
        for (size_t p = 0; p < n_points; p++)
            RSL_TRY(merge_point(m, campaigns[c].storage, &points[p]));
    }
    return RSL_OK;
}

/* ---- the output ---- */

/* An empty file beside the output, which is to be new. */
static int make_temporary(const char *output, char **path) {
    struct stat st;
    if (lstat(output, &st) == 0)
        return rsl_fail(RSL_EIO, "%s: is there already; name another output or remove it", output);
    int fd = rsl_file_beside(output, 0666, path);
    if (fd < 0) return fd;
    close(fd);
    return RSL_OK;
}

static int write_output(struct merge *m, const char *temporary, const char *output) {
    struct rsl_store_identity whole = *identity(&m->shards[0]);
    whole.shard = 0;
    whole.shards = 1;
    RSL_TRY(rsl_store_open(&m->output, temporary, &whole, NULL));
    RSL_TRY(rsl_store_call(m->output, output));
    RSL_TRY(merge_all(m));
    RSL_TRY(rsl_store_digest(m->output, m->summary.digest));
    rsl_store_close(m->output);
    m->output = NULL;
    if (rename(temporary, output) < 0)
        return rsl_fail(RSL_EIO, "%s: cannot be renamed into place: %s", output, strerror(errno));
    rsl_file_keep_name(output);
    return RSL_OK;
}

int rsl_merge_stores(const char *const *inputs, int n, const char *output,
                     struct rsl_merge_summary *summary) {
    struct merge m = {.arena = RSL_ARENA_INIT};
    char *temporary = NULL;
    if (n < 1) return rsl_fail(RSL_EARG, "there are no stores to merge");
    int rc = open_shards(&m, inputs, n);
    if (rc == RSL_OK) rc = make_temporary(output, &temporary);
    if (rc == RSL_OK) rc = write_output(&m, temporary, output);
    rsl_store_close(m.output);
    if (rc < 0 && temporary) unlink(temporary);
    for (int i = 0; i < m.n; i++) rsl_store_close(m.shards[i].store);
    if (rc == RSL_OK && summary) *summary = m.summary;
    rsl_arena_free(&m.arena);
    rsl_free(m.shards);
    rsl_free(temporary);
    return rc;
}
