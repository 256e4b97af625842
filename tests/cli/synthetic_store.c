/* usage: synthetic_store STORE SHARD SHARDS TRIALS [STORAGE]
 * Writes a store with made-up trials, or continues it. */
#include "../synthetic_store.h"
#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    struct rsl_store *store;
    if (argc < 5 || argc > 6) return 2;
    struct rsl_store_identity identity = synthetic_identity(atoi(argv[2]), atoi(argv[3]));
    int rc = rsl_store_open(&store, argv[1], &identity, &synthetic_session);
    const char *storage = argc > 5 ? argv[5] : synthetic_campaign.storage;
    if (rc == RSL_OK) rc = synthetic_write_as(store, storage, atoll(argv[4]), 64);
    rsl_store_close(store);
    if (rc < 0) fprintf(stderr, "synthetic_store: %s\n", rsl_errmsg());
    return rc < 0;
}
