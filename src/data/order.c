/* See order.h. */
#include "data/order.h"

#include "base/philox.h"

/* No other use of the seed has this stream of draws. */
static const uint64_t purpose = 0x6f72646572000000; /* "order" */

void rsl_order_shuffle(uint64_t seed, int64_t epoch, int64_t n, int64_t *order) {
    struct rsl_rng rng = rsl_rng(seed ^ purpose, (uint64_t)epoch);
    for (int64_t i = 0; i < n; i++) order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t k = (int64_t)rsl_rng_below(&rng, (uint64_t)i + 1), other = order[k];
        order[k] = order[i];
        order[i] = other;
    }
}

int64_t rsl_order_batches(int64_t n, int64_t batch) {
    return n / batch;
}
