/* Names of layers as people write them: in fault specs, fault lists and storages.
 *
 * A tensor of the image answers to its constant's name ("layer1.0.conv1.weight"), to that name up
 * to its last dot ("layer1.0.conv1", as published lists have it), to the name of the node that uses
 * it, and weights also to their index ("3") where none has such a name. Scales and zero points
 * answer as their weights do.
 *
 * What nothing in the region answers to in these ways is tried without a leading "module.", and
 * then as the name that a weight's module has in PyTorch: module_name.h. */
#ifndef RSL_MEMORY_LAYER_NAME_H
#define RSL_MEMORY_LAYER_NAME_H

#include "base/nearest.h"
#include "base/text.h"
#include "memory/image.h"

/* Whether the first n bytes of `name` are what the pattern says: * is any text, ? any byte. */
bool rsl_name_matches(const char *pattern, const char *name, size_t n);
/* Whether the pattern is that index, "3", or a run it is in, "2-5". */
bool rsl_index_matches(const char *pattern, int index);

/* Of what answers to patterns: those without '!' choose (all, when there are none), those with it
 * then leave out. `answers` is asked about each of them, without its '!'. */
bool rsl_patterns_choose(const char *const *patterns, int n,
                         bool (*answers)(void *context, int k, const char *pattern), void *context);

/* Whether the tensor answers to the pattern: a name with * (any text) and ? (any byte), or, where
 * no weights are called so, an index or a run of indices "2-5". The whole name of weights is theirs
 * alone, whatever else it would match. */
bool rsl_layer_matches(const struct rsl_memory *image, int tensor, const char *pattern);

/* The one tensor that a fault list means. Plain names and indices are weights; a region and a colon
 * go before others: "scales:conv1", "norms:bn1.weight". The region may be left out before the whole
 * name of a constant that only one region has. RSL_ENOTFOUND with the names that others have, or
 * the nearest. */
int rsl_layer_find(const struct rsl_memory *image, const char *text);

/* The shortest text that rsl_layer_find resolves to the tensor. */
void rsl_layer_name(const struct rsl_memory *image, int tensor, struct rsl_text *text);
/* That of every tensor, in the arena. */
int rsl_layer_names(const struct rsl_memory *image, struct rsl_arena *arena, const char ***names);

/* Up to three names in these regions that look like `word`. Returns text. */
const char *rsl_layer_nearest(const struct rsl_memory *image, unsigned regions, const char *word,
                              char text[RSL_NEAREST_TEXT]);

#endif
