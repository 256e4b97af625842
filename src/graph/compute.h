/* The names of the compute modes, as users write them. */
#ifndef RSL_GRAPH_COMPUTE_H
#define RSL_GRAPH_COMPUTE_H

#include "graph/kernel.h"

/* NULL is "f32". */
int rsl_compute_parse(const char *text, enum rsl_compute_mode *mode);
/* The same for what computes on float networks: refuses int8. */
int rsl_compute_parse_float(const char *text, enum rsl_compute_mode *mode);

#endif
