/* See trained.h. */
#include "train/trained.h"

void rsl_pieces_start(struct rsl_pieces *p) {
    p->tensor = 0;
    p->first = 0;
    p->n = 0;
}

bool rsl_pieces_next(struct rsl_pieces *p, const struct rsl_trained *trained, size_t n) {
    p->n = 0;
    while (p->n < RSL_PIECES && p->tensor < n) {
        int64_t left = trained[p->tensor].count - p->first;
        if (left <= 0) {
            p->tensor++;
            p->first = 0;
            continue;
        }
        size_t count = left < RSL_PIECE ? (size_t)left : RSL_PIECE;
        p->at[p->n++] = (struct rsl_piece){p->tensor, p->first, count};
        p->first += (int64_t)count;
    }
    return p->n > 0;
}
