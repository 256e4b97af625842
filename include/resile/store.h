/* Stores of campaigns: results, single injections, merging of shards. docs/store.md has the tables
 * and views, for those who would rather ask SQLite. */
#ifndef RESILE_STORE_H
#define RESILE_STORE_H

#include "resile/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- merging ---- */

struct rsl_merge_summary {
    int64_t points, finished; /* finished: alike in all shards, and no trial is missing */
    int64_t trials;
    char digest[65];
};

/* Puts all n shards of a campaign together into a new store, which has the digest of a run that was
 * not sharded. Refuses shards that are missing (RSL_ENOTFOUND), that overlap or are not of the same
 * campaign (RSL_EMISMATCH), and an output that is there already. The output appears whole or not at
 * all. `summary` may be NULL. */
RSL_API int rsl_merge_stores(const char *const *inputs, int n, const char *output,
                             struct rsl_merge_summary *summary);

#ifdef __cplusplus
}
#endif
#endif
