/* The fault-free scores of tiles that were run already, shared by the members of a crew: trials on
 * blocks of images come back to the same tiles, and where an executor keeps nothing of a fault-free
 * run but its scores it need not be run again.
 *
 * Kernels may round an image's scores otherwise at another place of a tile. So a tile is recalled
 * only as a whole, with the same first place and the same number of images. Safe to use from
 * several threads. */
#ifndef RSL_CAMPAIGN_GOLDEN_CACHE_H
#define RSL_CAMPAIGN_GOLDEN_CACHE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct rsl_golden_cache {
    pthread_mutex_t lock;
    int64_t places;
    int classes;
    float *scores; /* [places][classes]; NULL: too many, nothing is kept */
    int *tile;     /* [places] images of the tile that begins there; 0: none */
    bool *taken;   /* [places] by some tile */
};

int rsl_golden_cache_init(struct rsl_golden_cache *c, int64_t places, int classes);
void rsl_golden_cache_free(struct rsl_golden_cache *c);
/* False: the tile is not there. scores[n][classes] */
bool rsl_golden_cache_get(struct rsl_golden_cache *c, int64_t first, int n, float *scores);
/* Kept unless another tile has some of these places. */
void rsl_golden_cache_put(struct rsl_golden_cache *c, int64_t first, int n, const float *scores);
void rsl_golden_cache_clear(struct rsl_golden_cache *c);

#endif
