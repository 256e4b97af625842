/* The zoo: the networks of the published works, built from their definitions with fresh weights.
 *
 * Networks are numbered 0 .. rsl_zoo_count()-1 in the order in which they are listed. Texts are
 * constant and live forever. All calls are thread-safe. */
#ifndef RESILE_ZOO_H
#define RESILE_ZOO_H

#include "resile/model.h"
#include "resile/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

RSL_API size_t rsl_zoo_count(void);
/* "resnet18"; NULL when there is no network i, as for all texts here. */
RSL_API const char *rsl_zoo_name(size_t i);
/* One line for people, and where the definition comes from. */
RSL_API const char *rsl_zoo_summary(size_t i);
RSL_API const char *rsl_zoo_source(size_t i);
/* The network's own input: channels, height, width. */
RSL_API int rsl_zoo_input(size_t i, int64_t chw[3]);
/* The network's own number of classes; 0: it is no classifier (the generators). */
RSL_API int64_t rsl_zoo_classes(size_t i);
/* Trainable parameters of the network as it is by default; negative: a status. */
RSL_API int64_t rsl_zoo_parameters(size_t i);

/* Zero everywhere stands for the network's own values and seed 0. */
struct rsl_zoo_options {
    int64_t classes;
    int64_t channels, height, width; /* all three or none */
    uint64_t seed;
};

/* Builds `arch` with weights drawn from (seed, parameter name): the same bits on every machine.
 * `options` may be NULL. RSL_ENOTFOUND names the nearest networks; RSL_EARG or RSL_ESHAPE: the
 * network cannot have that input or that many classes. */
RSL_API int rsl_zoo_build(struct rsl_model **model, const char *arch,
                          const struct rsl_zoo_options *options);

#ifdef __cplusplus
}
#endif
#endif
