/* What a layer is called in PyTorch, where its constant or its node has got another name on the
 * way. Names that a model's file really has go before these: see layer_name.h. */
#ifndef RSL_MEMORY_MODULE_NAME_H
#define RSL_MEMORY_MODULE_NAME_H

#include <stdbool.h>

/* The name without the "module." that DataParallel puts before every name. */
const char *rsl_module_stripped(const char *name);

/* Whether a weight of the node answers to the pattern as that of a module: as "conv1.weight" where
 * the node is conv1; as "layer1.0.conv1" or "layer1.0.conv1.weight" where it is the
 * "/layer1/layer1.0/conv1/Conv" of PyTorch's exporter. Names longer than 500 bytes do not. */
bool rsl_module_matches(const char *pattern, const char *node);

#endif
