/* See loader.h. A ring of batches between two threads, guarded by one mutex. The maker never
 * writes the batch that the taker holds: the ring has one place more than the loader is deep. */
#define _POSIX_C_SOURCE 200809L
#include "data/loader.h"

#include "base/alloc.h"
#include "base/status.h"
#include "data/order.h"
#include "data/prepare.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

enum { DEPTH = 3, MOST_DEPTH = 64, AHEAD = 64 << 20 };

struct slot {
    float *images;
    int *labels;
    int64_t epoch, batch;
};

struct rsl_loader {
    struct rsl_prepare prepare;
    struct rsl_loader_options options;
    int64_t count, batches; /* images used, batches per epoch */
    size_t image;           /* floats of one */
    int64_t *order;         /* of the maker's epoch; NULL: not shuffled */
    int64_t *subset;        /* the images used, by number; NULL: the first ones */
    int slots;
    struct slot *slot;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* one of the following did */
    int64_t made, taken;    /* batches since the start */
    int status;             /* of the maker, once it has failed */
    char sentence[4096];
};

/* ---- the maker ---- */

static int make_batch(struct rsl_loader *l, struct slot *s) {
    int64_t size = l->options.batch;
    for (int64_t k = 0; k < size; k++) {
        if (atomic_load(&l->stop)) return RSL_EINTERRUPTED;
        int64_t i = s->batch * size + k;
        if (l->order) i = l->order[i];
        if (l->subset) i = l->subset[i];
        s->labels[k] = rsl_data_label(l->prepare.data, i);
        RSL_TRY(rsl_prepare_image(&l->prepare, s->epoch, i, s->images + (size_t)k * l->image));
    }
    return RSL_OK;
}

/* Waits until the taker has given back the place for one more batch. */
static void wait_for_place(struct rsl_loader *l) {
    pthread_mutex_lock(&l->lock);
    while (!atomic_load(&l->stop) && l->made - l->taken >= l->slots - 1)
        pthread_cond_wait(&l->changed, &l->lock);
    pthread_mutex_unlock(&l->lock);
}

static void publish(struct rsl_loader *l, int rc) {
    pthread_mutex_lock(&l->lock);
    if (rc == RSL_OK) {
        l->made++;
    } else {
        l->status = rc;
        strncpy(l->sentence, rsl_errmsg(), sizeof l->sentence - 1);
    }
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

static void *make_batches(void *context) {
    struct rsl_loader *l = context;
    int64_t epoch = l->options.first_epoch, batch = l->options.first_batch;
    int64_t shuffled = -1; /* the epoch that l->order is of */
    int rc = RSL_OK;
    for (int64_t n = 0; rc == RSL_OK; n++, batch++) {
        if (batch == l->batches) {
            batch = 0;
            epoch++;
        }
        if (l->order && shuffled != epoch)
            rsl_order_shuffle(l->options.seed, shuffled = epoch, l->count, l->order);
        wait_for_place(l);
        struct slot *s = &l->slot[n % l->slots];
        s->epoch = epoch;
        s->batch = batch;
        rc = make_batch(l, s);
        publish(l, rc);
    }
    return NULL;
}

/* ---- the taker ---- */

int rsl_loader_next(struct rsl_loader *l, const float **images, const int **labels, int64_t *epoch,
                    int64_t *batch) {
    pthread_mutex_lock(&l->lock);
    while (l->made == l->taken && l->status == RSL_OK) pthread_cond_wait(&l->changed, &l->lock);
    if (l->made == l->taken) {
        int rc = rsl_fail(l->status, "%s", l->sentence);
        pthread_mutex_unlock(&l->lock);
        return rc;
    }
    const struct slot *s = &l->slot[l->taken++ % l->slots];
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    *images = s->images;
    *labels = s->labels;
    if (epoch) *epoch = s->epoch;
    if (batch) *batch = s->batch;
    return RSL_OK;
}

int64_t rsl_loader_batches(const struct rsl_loader *l) {
    return l->batches;
}

/* ---- making and freeing ---- */

static int check(const struct rsl_data *d, const struct rsl_loader_options *o) {
    const char *name = rsl_data_name(d);
    int64_t count = rsl_data_count(d);
    if (count < 1) return rsl_fail(RSL_EARG, "%s: the set is empty", name);
    if (o->limit < 0 || o->limit > count)
        return rsl_fail(RSL_EARG, "%s: the first %lld images were asked for, there are %lld", name,
                        (long long)o->limit, (long long)count);
    if (o->limit) count = o->limit;
    if (o->batch < 1)
        return rsl_fail(RSL_EARG, "%s: batches of %lld images; at least 1 is needed", name,
                        (long long)o->batch);
    if (o->batch > count)
        return rsl_fail(RSL_EARG, "%s: a batch of %lld images is larger than the %lld images used",
                        name, (long long)o->batch, (long long)count);
    int64_t batches = rsl_order_batches(count, o->batch);
    const int64_t last_epoch = (int64_t)1 << 40;
    if (o->first_epoch < 0 || o->first_epoch > last_epoch || o->first_batch < 0 ||
        o->first_batch > batches)
        return rsl_fail(RSL_EARG, "%s: start at epoch %lld, batch %lld; an epoch has %lld batches",
                        name, (long long)o->first_epoch, (long long)o->first_batch,
                        (long long)batches);
    if (o->depth < 0 || o->depth > MOST_DEPTH)
        return rsl_fail(RSL_EARG, "%s: %d batches ahead; 0 to %d are possible", name, o->depth,
                        MOST_DEPTH);
    return RSL_OK;
}

static int choose_depth(int depth, size_t bytes) {
    if (depth) return depth;
    for (depth = DEPTH; depth > 1 && bytes * (size_t)depth > AHEAD;) depth--;
    return depth;
}

static int make_slots(struct rsl_loader *l) {
    const int *shape = l->prepare.shape;
    l->image = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    size_t batch = (size_t)l->options.batch;
    if (batch > SIZE_MAX / MOST_DEPTH / sizeof(float) / l->image)
        return rsl_fail(RSL_ENOMEM, "out of memory: a batch of %zu images of %zu numbers", batch,
                        l->image);
    l->slots = 1 + choose_depth(l->options.depth, batch * l->image * sizeof(float));
    l->slot = rsl_calloc((size_t)l->slots, sizeof *l->slot);
    if (!l->slot) return RSL_ENOMEM;
    for (int k = 0; k < l->slots; k++) {
        l->slot[k].images = rsl_malloc(batch * l->image * sizeof(float));
        l->slot[k].labels = rsl_malloc(batch * sizeof(int));
        if (!l->slot[k].images || !l->slot[k].labels) return RSL_ENOMEM;
    }
    return RSL_OK;
}

/* Signals are for the program's threads, which know what to do with them. */
static int start(struct rsl_loader *l) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&l->thread, NULL, make_batches, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return rsl_fail(RSL_ENOMEM, "the loader's thread cannot be started: %s", strerror(error));
    l->started = true;
    return RSL_OK;
}

static int make_parts(struct rsl_loader *l, const struct rsl_data *d,
                      const struct rsl_preprocess *p) {
    const struct rsl_loader_options *o = &l->options;
    RSL_TRY(rsl_prepare_init(&l->prepare, d, p, o->augment, o->seed));
    l->count = o->limit ? o->limit : rsl_data_count(d);
    l->batches = rsl_order_batches(l->count, o->batch);
    RSL_TRY(rsl_prepare_keep(&l->prepare, o->subset ? rsl_data_count(d) : l->count));
    if (o->subset) {
        l->subset = rsl_malloc((size_t)l->count * sizeof *l->subset);
        if (!l->subset) return RSL_ENOMEM;
        memcpy(l->subset, o->subset, (size_t)l->count * sizeof *l->subset);
    }
    if (o->shuffle) {
        if ((uint64_t)l->count > SIZE_MAX / sizeof *l->order)
            return rsl_fail(RSL_ENOMEM, "out of memory: an order of %lld images",
                            (long long)l->count);
        l->order = rsl_malloc((size_t)l->count * sizeof *l->order);
        if (!l->order) return RSL_ENOMEM;
    }
    RSL_TRY(make_slots(l));
    return start(l);
}

int rsl_loader_new(struct rsl_loader **loader, const struct rsl_data *d,
                   const struct rsl_preprocess *p, const struct rsl_loader_options *options) {
    *loader = NULL;
    RSL_TRY(check(d, options));
    struct rsl_loader *l = rsl_calloc(1, sizeof *l);
    if (!l) return RSL_ENOMEM;
    l->options = *options;
    atomic_init(&l->stop, false);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    int rc = make_parts(l, d, p);
    if (rc < 0) {
        rsl_loader_free(l);
        return rc;
    }
    *loader = l;
    return RSL_OK;
}

static void stop(struct rsl_loader *l) {
    pthread_mutex_lock(&l->lock);
    atomic_store(&l->stop, true);
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
}

void rsl_loader_free(struct rsl_loader *l) {
    if (!l) return;
    if (l->started) stop(l);
    for (int k = 0; l->slot && k < l->slots; k++) {
        rsl_free(l->slot[k].images);
        rsl_free(l->slot[k].labels);
    }
    rsl_free(l->slot);
    rsl_free(l->order);
    rsl_free(l->subset);
    rsl_prepare_close(&l->prepare);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    rsl_free(l);
}
