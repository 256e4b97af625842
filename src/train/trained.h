/* What training changes: named parameters with their gradients, and the pieces in which they are
 * worked through.
 *
 * The pieces depend on the sizes of the tensors only, never on the number of threads: a sum that is
 * taken per piece and then over the pieces in order has the same bits on any machine. */
#ifndef RSL_TRAIN_TRAINED_H
#define RSL_TRAIN_TRAINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One parameter tensor, as the optimizer sees it. The memory is the caller's. */
struct rsl_trained {
    const char *name;
    float *value;
    const float *gradient;
    int64_t count;
    bool decay; /* false: weight decay leaves it alone */
};

enum {
    RSL_PIECE = 16384, /* most elements of a piece: 64 KiB a tensor, four tensors fit an L2 cache */
    RSL_PIECES = 256,  /* most pieces of a batch */
};

struct rsl_piece {
    size_t tensor;
    int64_t first;
    size_t count;
};

/* A walk over the pieces of all tensors in order, a batch at a time; it allocates nothing.
 *
 *     struct rsl_pieces p;
 *     rsl_pieces_start(&p);
 *     while (rsl_pieces_next(&p, trained, n)) ... p.at[0..p.n-1] ... */
struct rsl_pieces {
    size_t tensor; /* where the next batch starts */
    int64_t first;
    size_t n;
    struct rsl_piece at[RSL_PIECES];
};

void rsl_pieces_start(struct rsl_pieces *p);
/* False when nothing is left. */
bool rsl_pieces_next(struct rsl_pieces *p, const struct rsl_trained *trained, size_t n);

#endif
