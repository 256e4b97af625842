/* See sums.h. */
#include "replay/sums.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ASKED_ENOUGH = 3 };

struct kept {
    _Atomic(float *) ready; /* NULL: not (yet) for this tile */
    float *memory;
    atomic_int asked;
};

struct sums_keeper {
    pthread_mutex_t lock; /* who holds it makes sums */
    size_t budget, used;  /* bytes */
    size_t n;
    struct kept *step;
};

int rsl_sums_new(struct sums_keeper **keeper, const struct rsl_replay *r) {
    struct sums_keeper *k = rsl_calloc(1, sizeof *k);
    if (!k) return RSL_ENOMEM;
    k->n = r->steps.n;
    k->budget = r->options.sums ? r->options.sums : (size_t)256 << 20;
    k->step = rsl_calloc(k->n ? k->n : 1, sizeof *k->step);
    if (!k->step) {
        rsl_free(k);
        return RSL_ENOMEM;
    }
    pthread_mutex_init(&k->lock, NULL);
    *keeper = k;
    return RSL_OK;
}

void rsl_sums_free(struct sums_keeper *k) {
    if (!k) return;
    for (size_t i = 0; i < k->n; i++) rsl_free(k->step[i].memory);
    rsl_free(k->step);
    pthread_mutex_destroy(&k->lock);
    rsl_free(k);
}

void rsl_sums_forget(struct sums_keeper *k) {
    for (size_t i = 0; i < k->n; i++) {
        atomic_store(&k->step[i].ready, NULL);
        atomic_store(&k->step[i].asked, 0);
    }
}

/* Under the lock. Memory that is refused is no error: it works without. */
static void make(const struct rsl_replay *r, int step, const struct replay_view *v) {
    struct sums_keeper *k = r->sums;
    struct kept *kept = &k->step[step];
    const struct replay_step *s = &r->steps.at[step];
    if (!kept->memory) {
        size_t bytes = rsl_conv_sums_size(r, s) * sizeof(float);
        if (bytes > k->budget - k->used) return;
        kept->memory = rsl_malloc(bytes);
        if (!kept->memory) return;
        k->used += bytes;
    }
    struct replay_view golden = {
        .replay = r, .golden = v->golden, .params = r->params.at, .room = v->room};
    rsl_conv_sums(s, &golden, kept->memory);
    atomic_store_explicit(&kept->ready, kept->memory, memory_order_release);
}

const float *rsl_sums_ask(const struct rsl_replay *r, int step, const struct replay_view *v) {
    struct kept *kept = &r->sums->step[step];
    float *ready = atomic_load_explicit(&kept->ready, memory_order_acquire);
    if (ready || atomic_fetch_add(&kept->asked, 1) < ASKED_ENOUGH) return ready;
    if (pthread_mutex_trylock(&r->sums->lock) != 0) return NULL;
    if (!atomic_load(&kept->ready)) make(r, step, v);
    pthread_mutex_unlock(&r->sums->lock);
    return atomic_load_explicit(&kept->ready, memory_order_acquire);
}
