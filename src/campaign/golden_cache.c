/* See golden_cache.h. */
#include "campaign/golden_cache.h"

#include "base/alloc.h"
#include "base/status.h"

#include <string.h>

static const int64_t most_scores = (int64_t)16 << 20; /* 64 MiB */

int rsl_golden_cache_init(struct rsl_golden_cache *c, int64_t places, int classes) {
    *c = (struct rsl_golden_cache){.places = places, .classes = classes};
    pthread_mutex_init(&c->lock, NULL);
    if (places > most_scores / classes) return RSL_OK;
    c->scores = rsl_malloc((size_t)places * (size_t)classes * sizeof *c->scores);
    c->tile = rsl_calloc((size_t)places, sizeof *c->tile);
    c->taken = rsl_calloc((size_t)places, sizeof *c->taken);
    return c->scores && c->tile && c->taken ? RSL_OK : RSL_ENOMEM;
}

void rsl_golden_cache_free(struct rsl_golden_cache *c) {
    if (c->classes == 0) return; /* never made */
    pthread_mutex_destroy(&c->lock);
    rsl_free(c->scores);
    rsl_free(c->tile);
    rsl_free(c->taken);
}

static float *at(const struct rsl_golden_cache *c, int64_t first) {
    return c->scores + first * c->classes;
}

static size_t bytes(const struct rsl_golden_cache *c, int n) {
    return (size_t)n * (size_t)c->classes * sizeof *c->scores;
}

bool rsl_golden_cache_get(struct rsl_golden_cache *c, int64_t first, int n, float *scores) {
    if (!c->scores) return false;
    pthread_mutex_lock(&c->lock);
    bool known = c->tile[first] == n;
    if (known) memcpy(scores, at(c, first), bytes(c, n));
    pthread_mutex_unlock(&c->lock);
    return known;
}

void rsl_golden_cache_put(struct rsl_golden_cache *c, int64_t first, int n, const float *scores) {
    if (!c->scores) return;
    pthread_mutex_lock(&c->lock);
    bool free = true;
    for (int i = 0; i < n; i++) free = free && !c->taken[first + i];
    if (free) {
        memcpy(at(c, first), scores, bytes(c, n));
        c->tile[first] = n;
        memset(c->taken + first, true, (size_t)n);
    }
    pthread_mutex_unlock(&c->lock);
}

void rsl_golden_cache_clear(struct rsl_golden_cache *c) {
    if (!c->scores) return;
    pthread_mutex_lock(&c->lock);
    memset(c->tile, 0, (size_t)c->places * sizeof *c->tile);
    memset(c->taken, 0, (size_t)c->places * sizeof *c->taken);
    pthread_mutex_unlock(&c->lock);
}
