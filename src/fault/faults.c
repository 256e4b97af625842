/* The faults of one trial: collecting, sorting, folding into one per bit, applying. See fault.h. */
#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"
#include "fault/fault_int.h"

#include <assert.h>
#include <string.h>

const char *rsl_effect_name(enum rsl_effect e) {
    return e == RSL_FLIP ? "flip" : e == RSL_STUCK_0 ? "stuck0" : "stuck1";
}

void rsl_faults_free(struct rsl_faults *f) {
    rsl_free(f->at);
    rsl_free(f->spare.at);
    rsl_free(f->map.at);
    *f = (struct rsl_faults){0};
}

int rsl_faults_push(struct rsl_faults *f, int64_t address, enum rsl_effect effect) {
    return rsl_vec_push(f, ((struct rsl_fault){address, effect}));
}

/* ---- sorting ---- */

enum { DIGIT = 11, BUCKETS = 1 << DIGIT, FEW = 48 };

static void insertion_sort(struct rsl_fault *at, size_t n) {
    for (size_t i = 1; i < n; i++) {
        struct rsl_fault f = at[i];
        size_t k = i;
        for (; k > 0 && at[k - 1].address > f.address; k--) at[k] = at[k - 1];
        at[k] = f;
    }
}

/* One pass of the radix sort: by DIGIT bits of the address, stable. */
static void scatter(const struct rsl_fault *from, struct rsl_fault *to, size_t n, int shift) {
    size_t begin[BUCKETS] = {0}, sum = 0;
    for (size_t i = 0; i < n; i++) begin[(uint64_t)from[i].address >> shift & (BUCKETS - 1)]++;
    for (int b = 0; b < BUCKETS; b++) {
        size_t count = begin[b];
        begin[b] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[begin[(uint64_t)from[i].address >> shift & (BUCKETS - 1)]++] = from[i];
}

int rsl_faults_sort(struct rsl_faults *f, size_t from) {
    size_t n = f->n - from;
    if (n < 2) return RSL_OK;
    struct rsl_fault *at = f->at + from;
    uint64_t all = 0;
    bool sorted = true;
    for (size_t i = 0; i < n; i++) {
        all |= (uint64_t)at[i].address;
        sorted &= i == 0 || at[i - 1].address <= at[i].address;
    }
    if (sorted) return RSL_OK;
    if (n <= FEW) {
        insertion_sort(at, n);
        return RSL_OK;
    }
    while (f->spare.cap < n)
        RSL_TRY(rsl_vec_room(&f->spare.at, f->spare.cap, &f->spare.cap, sizeof *f->spare.at));
    struct rsl_fault *source = at, *target = f->spare.at;
    for (int shift = 0; shift < 64 && all >> shift; shift += DIGIT) {
        scatter(source, target, n, shift);
        struct rsl_fault *swap = source;
        source = target;
        target = swap;
    }
    if (source != at) memcpy(at, source, n * sizeof *at);
    return RSL_OK;
}

/* ---- one fault per bit ---- */

enum { NOTHING = -1 };

/* What two faults of one bit come to, the second after the first. */
static int both(int first, enum rsl_effect second) {
    if (second != RSL_FLIP) return (int)second;
    if (first == NOTHING) return RSL_FLIP;
    return first == RSL_FLIP ? NOTHING : first;
}

int rsl_faults_settle(struct rsl_faults *f) {
    RSL_TRY(rsl_faults_sort(f, 0));
    size_t kept = 0;
    for (size_t i = 0; i < f->n;) {
        int64_t address = f->at[i].address;
        int effect = NOTHING; /* or an enum rsl_effect */
        for (; i < f->n && f->at[i].address == address; i++) effect = both(effect, f->at[i].effect);
        if (effect != NOTHING) f->at[kept++] = (struct rsl_fault){address, (enum rsl_effect)effect};
    }
    f->n = kept;
    return RSL_OK;
}

/* ---- applying ---- */

int rsl_faults_apply(const struct rsl_faults *f, struct rsl_cells *cells, int64_t *changed) {
    int64_t n = 0;
    RSL_TRY(rsl_cells_reserve(cells, f->n)); /* from here on nothing can fail */
    for (size_t i = 0; i < f->n; i++) {
        const struct rsl_fault *fault = &f->at[i];
        int rc = fault->effect == RSL_FLIP
                     ? rsl_cells_flip(cells, fault->address)
                     : rsl_cells_set(cells, fault->address, fault->effect == RSL_STUCK_1);
        assert(rc >= 0);
        n += fault->effect == RSL_FLIP ? 1 : rc;
    }
    if (changed) *changed = n;
    return RSL_OK;
}
