/* The store: every outcome of a campaign in one SQLite file, from which all results are computed.
 *
 *     struct rsl_store *store;
 *     int64_t campaign, point;
 *     struct rsl_store_done done = {0};
 *
 *     RSL_TRY(rsl_store_open(&store, "R.db", &identity, &session));     creates or continues
 *     RSL_TRY(rsl_store_add_campaign(store, &(struct rsl_store_campaign){...}, &campaign));
 *     RSL_TRY(rsl_store_add_point(store, &(struct rsl_store_point){...}, &point));
 *     RSL_TRY(rsl_store_find_done(store, point, &done));
 *     for (k = rsl_store_next(&done, 0); k < trials; k = rsl_store_next(&done, k + 1)) run trial k
 *     RSL_TRY(rsl_store_add_trials(store, point, records, n));                 once a minute or so
 *     RSL_TRY(rsl_store_finish(store, point, &(struct rsl_store_end){.reason = "trials"}));
 *     rsl_store_close(store);
 *
 * A store holds one model on one data set with one seed (rsl_store_identity); in it are campaigns,
 * one per way of storing the parameters; in a campaign points, one per fault and rate; in a point
 * trials k = 0, 1, ... Every call that changes the store is one transaction: done wholly or not at
 * all, on the disk when it returns. After a failure the store is as before the call and still open:
 * the call may be repeated. One process writes at a time, others may read meanwhile. Not for use by
 * several threads at once. docs/store.md has tables and views. */
#ifndef RSL_CAMPAIGN_STORE_H
#define RSL_CAMPAIGN_STORE_H

#include "base/arena.h"
#include "tensor/tensor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rsl_store;

/* What must be the same whenever a store is opened again. Texts are not NULL ("" where there is
 * nothing to say) but compared byte by byte. */
struct rsl_store_identity {
    const char *model_sha256; /* of the model's file */
    const char *data, *split; /* "cifar10", "test" */
    int64_t data_images;      /* images of the split */
    const char *data_sha256;  /* of pixels and labels of the images used */
    const char *preprocess;
    int64_t images; /* N: the first so many take part */
    uint64_t seed;  /* at most INT64_MAX */
    const char *compute;
    int shard, shards; /* trials k with k % shards == shard; {0, 1}, or zeros: all */
};

/* Who writes; information only, kept for every opening. */
struct rsl_store_session {
    const char *model;   /* as the user named it */
    const char *command; /* exact command line */
    const char *version; /* of the library */
    const char *cpu;
    int threads;
};

/* Opens for writing; creates the file when there is none (or an empty one). RSL_EMISMATCH names the
 * field in which `identity` differs and both values; RSL_EIO: locked, read-only, full; RSL_EFORMAT:
 * damaged or not a store; RSL_EUNSUPPORTED: of a newer version. The file is then untouched. */
int rsl_store_open(struct rsl_store **store, const char *path,
                   const struct rsl_store_identity *identity,
                   const struct rsl_store_session *session);
/* Opens for reading, also while another process writes: what is read is what was there now. */
int rsl_store_read(struct rsl_store **store, const char *path);
/* NULL is allowed. */
void rsl_store_close(struct rsl_store *store);

const char *rsl_store_path(const struct rsl_store *store);
/* As stored; texts live as long as the store is open. */
const struct rsl_store_identity *rsl_store_identity_of(const struct rsl_store *store);
/* Of the last opening for writing. */
const struct rsl_store_session *rsl_store_session_of(const struct rsl_store *store);

/* ---- campaigns ---- */

struct rsl_store_campaign {
    int64_t id;
    const char
        *storage; /* how the parameters are stored, "affine5/msb/plane"; names the campaign */
    const char *encoding, *protection; /* "affine5", "msb"; "none" */
    double bits_per_weight;            /* redundant bits included */
    int64_t weights, bits;             /* of the memory image: weights, and bits of all regions */
    int64_t scale_bits;                /* of those: scales and zero points of the weights */
    /* Of each of the identity's images, whether the fault-free network is right; NULL: not known
     * yet (rsl_store_golden). */
    const uint8_t *golden;
    int64_t golden_correct; /* how many are; -1: not known yet */
};

/* The number of the campaign with this storage, which is added when there is none; id and golden of
 * `c` are not looked at. RSL_EMISMATCH when other fields than the storage differ. */
int rsl_store_add_campaign(struct rsl_store *store, const struct rsl_store_campaign *c,
                           int64_t *id);
/* Sets, the first time, which images the fault-free network is right about: 0 or 1 for each of the
 * identity's images. RSL_EMISMATCH when the store has another answer (another processor, another
 * version: trials of the two cannot be mixed). */
int rsl_store_golden(struct rsl_store *store, int64_t campaign, const uint8_t *right);

/* How long the network takes when its weights are read from this storage. Not part of the digest:
 * it is another one each time. */
struct rsl_store_timing {
    const char *baseline; /* storage of the 8-bit unprotected network it was compared with */
    int64_t batch;
    int threads;
    double seconds; /* per batch, median */
    double ratio;   /* to the baseline */
    const char *kernel;
};

/* Sets or replaces the timing of a campaign. */
int rsl_store_set_timing(struct rsl_store *store, int64_t campaign,
                         const struct rsl_store_timing *t);
/* 1: *t is what the campaign took, its texts in `arena`; 0: nobody measured it. */
int rsl_store_timing(struct rsl_store *store, int64_t campaign, struct rsl_arena *arena,
                     struct rsl_store_timing *t);

/* ---- points ---- */

struct rsl_store_stratum {
    const char *name;
    double weight; /* its share of everything; their sum is 1 */
};

struct rsl_store_point {
    int64_t id, campaign;
    /* These name the point in its campaign. */
    const char *fault;    /* the spec, its rate left open: "ber", "bitpos:top layers=conv1" */
    double rate;          /* NaN: has none */
    const char *sampling; /* "bits", "layers", or "" for faults that are not sampled */
    const char *design;   /* which images a trial runs on: "all", "blocks of 64" */
    /* These are told with it. */
    double expected;         /* faults per trial */
    int64_t population;      /* bits (or elements) that can be struck */
    int64_t limit;           /* trials there can be: injections of a list; INT64_MAX: no end */
    const char *list_sha256; /* of the faults of a list; "" or NULL: there is none */
    /* Strata from which trials are drawn; n_strata 0: not stratified. */
    const struct rsl_store_stratum *strata;
    int n_strata;
    double confidence; /* of the intervals asked for; 0: not said. The last to say it holds */
    /* Set by rsl_store_finish; reason NULL: not finished. */
    const char *reason;
    double margin;
};

/* The number of the point of campaign p->campaign, which is added when there is none. RSL_EMISMATCH
 * when expected, population, limit or strata differ. A point found keeps its trials; its end stands
 * until trials are added. */
int rsl_store_add_point(struct rsl_store *store, const struct rsl_store_point *p, int64_t *id);

/* Why no more trials are wanted. */
struct rsl_store_end {
    const char *reason; /* "trials": as many as asked; "margin": reached; "limit": all there are */
    double margin;      /* asked for; 0: none */
    double confidence;  /* of the intervals asked for; 0: as the point says */
};

int rsl_store_finish(struct rsl_store *store, int64_t point, const struct rsl_store_end *end);

/* Which trials a point has: ranges of j, where the shard's trials are k = shard + j * shards. */
struct rsl_store_done {
    struct rsl_store_range {
        int64_t first, end;
    } * at; /* ascending, apart; rsl_free it */
    size_t n, cap;
    int shard, shards;
};

int rsl_store_find_done(struct rsl_store *store, int64_t point, struct rsl_store_done *done);
/* The first trial k' >= k of this shard that is not done. */
int64_t rsl_store_next(const struct rsl_store_done *done, int64_t k);
/* Trials done. */
int64_t rsl_store_count(const struct rsl_store_done *done);

/* ---- trials ---- */

/* What became of one image: the class of the outcome and, where the prediction changed, whether the
 * new one is right. (Where it did not change it is as right as the golden one.) */
enum rsl_outcome {
    RSL_MASKED,
    RSL_TOLERABLE,
    RSL_SDC,       /* the prediction differs, and is wrong */
    RSL_SDC_RIGHT, /* ... and is right */
    RSL_DUE,       /* NaN or infinity among the logits */
    RSL_DUE_SDC,
    RSL_DUE_SDC_RIGHT,
    RSL_OUTCOMES
};

/* Where the only fault of a trial hit. */
struct rsl_store_place {
    int64_t injection;             /* its number in a fault list; else k */
    const char *layer;             /* as fault lists name it: rsl_layer_name */
    int number;                    /* of the layer, in the order of the network */
    const struct rsl_shape *shape; /* of what `element` counts in; the same for all of a layer */
    int64_t element;
    int bit;            /* 0 where the whole element was replaced: rsl_store_fault_has_bits */
    const char *effect; /* "flip", "stuck0", "stuck1"; NULL: a store of version 2 does not say */
    const char *form;   /* in which an activation is struck, "bf16"; NULL as well for memory */
};

struct rsl_store_trial {
    int64_t k;
    int64_t first, images;                        /* places in the campaign's order of images */
    int64_t masked, tolerable, sdc, due, due_sdc; /* images */
    int64_t correct, golden_correct;              /* of these images: faulty, fault-free */
    int64_t faults, changed;                      /* drawn; stored bits that changed */
    int64_t corrected, detected, missed;          /* what the protection's reader noticed */
    int stratum;                                  /* of the point's strata; else 0 */
    const struct rsl_store_place *place;          /* or NULL */
    const uint8_t *outcomes;                      /* [images] enum rsl_outcome, or NULL */
};

/* Adds n trials at once, in one transaction. Refuses (RSL_EARG) counts that do not add up, trials
 * of another shard, and trials that are there already. A finished point is open again. */
int rsl_store_add_trials(struct rsl_store *store, int64_t point,
                         const struct rsl_store_trial *trials, size_t n);

/* ---- reading ---- */

/* All campaigns, and all points (those of a campaign; 0: of all), in the order of their storage,
 * fault, rate, sampling and design. Arrays and texts are taken from `arena`. */
int rsl_store_campaigns(struct rsl_store *store, struct rsl_arena *arena,
                        struct rsl_store_campaign **at, size_t *n);
int rsl_store_points(struct rsl_store *store, int64_t campaign, struct rsl_arena *arena,
                     struct rsl_store_point **at, size_t *n);

/* How many trials of the point there are, and how many of them say where their only fault was. */
int rsl_store_count_places(struct rsl_store *store, int64_t point, int64_t *trials,
                           int64_t *places);

/* 1 when the faults of that spec are in bits, 0 when they replace whole elements ("neuron
 * value=0"): then the bits of their places mean nothing. RSL_ENOMEM. */
int rsl_store_fault_has_bits(const char *fault);

/* The rate at which a point's faults strike: its own, else the one that its spec says
 * (rsl_fault_spec_rate). NaN: neither. And whether they are upsets (rsl_fault_spec_upsets).
 * RSL_ENOMEM. */
int rsl_store_rate(const struct rsl_store_point *p, double *rate, bool *upsets);

/* Whether a fault of the point was stuck, and whether one struck an activation in another form than
 * f32; *unknown: how many places do not say it. */
struct rsl_store_manners {
    bool stuck, forms;
    int64_t unknown;
};
int rsl_store_find_manners(struct rsl_store *store, int64_t point, struct rsl_store_manners *m);

/* The trials of a point in ascending k. What the record points to lives until the next call. */
struct rsl_store_cursor;

enum { RSL_WITH_PLACES = 1, RSL_WITH_OUTCOMES = 2 }; /* else those fields are NULL */

int rsl_store_scan(struct rsl_store *store, int64_t point, unsigned with,
                   struct rsl_store_cursor **cursor);
/* 1: *trial is the next one; 0: there are no more. */
int rsl_store_step(struct rsl_store_cursor *cursor, struct rsl_store_trial *trial);
void rsl_store_scan_end(struct rsl_store_cursor *cursor);

/* SHA-256 over all that a campaign determines: identity, campaigns, points, trials, in one order
 * and form. Not over sessions, times, row numbers or the order in which trials came: an interrupted
 * and continued run, one of other threads, and merged shards have the same. */
int rsl_store_digest(struct rsl_store *store, char hex[65]);

#endif
