/* The faults of a single-bit campaign in bins: a bit position of a layer, or of all layers, or a
 * layer. Most bits do nothing and one position does nearly all the harm, so that sampling which
 * knows the bins needs far fewer faults (campaign/stopping.h). */
#ifndef RSL_FAULT_BINS_H
#define RSL_FAULT_BINS_H

#include "fault/fault.h"

enum { RSL_BIN_ALL = -1, RSL_BIN_SHARED = -2 };

struct rsl_fault_bins {
    int n;
    double *weights; /* the share of each of a trial's possible faults */
    struct rsl_fault_bin {
        int part;     /* of the population; RSL_BIN_ALL */
        int position; /* RSL_BIN_ALL; RSL_BIN_SHARED: check bits of several weights */
    } * at;
    const struct rsl_fault_stage *stage;
};

/* As fine as at most `most` bins are: positions of layers, positions, layers, or one bin; always
 * one for faults other than a single flip in a population. The source must outlive the bins. */
int rsl_fault_bins_init(struct rsl_fault_bins *bins, const struct rsl_fault_source *source,
                        int most);
void rsl_fault_bins_free(struct rsl_fault_bins *bins);

/* The fault of a trial in that bin: rsl_faults_draw under the condition that it lies there. With
 * one bin, rsl_faults_draw itself has to be called. A pure function of (seed, trial, bin). */
int rsl_fault_bins_draw(const struct rsl_fault_bins *bins, int bin, uint64_t seed, uint64_t trial,
                        struct rsl_faults *out);

#endif
