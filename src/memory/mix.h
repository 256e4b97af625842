/* How a network is stored when not all of it is stored alike.
 *
 *     affine4/msb; conv1=affine8/tmr; layer4.*=affine3/msb; scales=/tmr
 *
 * The first entry is for all weights, later ones for those that they name: a layer as in
 * layer_name.h, a pattern with * and ?, a run of indices "2-5"; the last that matches counts. The
 * names of the other regions (scales, zero_points, biases, norms) stand for these; "/tmr" leaves
 * the encoding as it is. A name in double quotes is a layer's, whatever is in it. */
#ifndef RSL_MEMORY_MIX_H
#define RSL_MEMORY_MIX_H

#include "base/text.h"
#include "memory/image.h"

struct rsl_mix {
    struct rsl_memory *outline; /* names of the weights, no bits */
    struct rsl_storage *each;   /* [n], in the weights' order */
    int n;
    struct rsl_storage region[RSL_REGIONS]; /* weights: of those that no entry names */
};

/* All weights stored as `storage`, everything else as by default. */
int rsl_mix_init(struct rsl_mix *m, const struct rsl_graph *g, const struct rsl_storage *storage);
int rsl_mix_parse(struct rsl_mix *m, const struct rsl_graph *g, const char *text);
/* As the weights of that image of the graph are stored. */
int rsl_mix_of(struct rsl_mix *m, const struct rsl_graph *g, const struct rsl_memory *image);
void rsl_mix_free(struct rsl_mix *m);

/* Whether all weights are stored alike. */
bool rsl_mix_uniform(const struct rsl_mix *m);
/* The shortest text that parses to the same: the most frequent storage first. The same for all
 * texts that mean the same. */
void rsl_mix_text(const struct rsl_mix *m, struct rsl_text *text);
/* For rsl_memory_new; borrows from m. */
struct rsl_memory_options rsl_mix_options(const struct rsl_mix *m);

#endif
