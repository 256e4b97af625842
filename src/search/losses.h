/* What storing one layer differently costs: loss(l,o) is the accuracy that is lost when layer l
 * alone is stored as option o and struck at the deciding rate, the others being f32 and sound. A
 * small campaign each, on a part of the images, kept in a store of its own. */
#ifndef RSL_SEARCH_LOSSES_H
#define RSL_SEARCH_LOSSES_H

#include "search/explore_int.h"

struct rsl_losses {
    struct rsl_explore *e;
    struct rsl_mix outline; /* all f32: names, counts */
    struct rsl_losses_option {
        struct rsl_storage storage;
        const char *text;
    } * options;    /* protection by protection, widths ascending */
    int layers, n;  /* n options for each layer */
    double *loss;   /* [layers][n] */
    int64_t *bits;  /* [layers][n] */
    bool by_layers; /* faults choose a layer first, not a bit */
    double f32;     /* accuracy on the images that losses are measured on */
};

/* Options and their bits; no losses yet. */
int rsl_losses_init(struct rsl_losses *s, struct rsl_explore *e);
void rsl_losses_free(struct rsl_losses *s);
int rsl_losses_measure(struct rsl_losses *s);
/* The storage that an option is measured with: one layer's, f32 for all others. */
int rsl_losses_storage(const struct rsl_losses *s, int layer, int option, struct rsl_text *text);
/* How long that takes, when one image with faults takes `each` seconds. */
int rsl_losses_plan(struct rsl_explore *e, double each, double *seconds);

static inline double rsl_loss_of(const struct rsl_losses *s, int layer, int option) {
    return s->loss[(size_t)layer * (size_t)s->n + (size_t)option];
}

static inline int64_t rsl_bits_of(const struct rsl_losses *s, int layer, int option) {
    return s->bits[(size_t)layer * (size_t)s->n + (size_t)option];
}

#endif
