/* Who is ahead among the classes: the one rule behind every accuracy. */
#ifndef RSL_METRIC_RANKING_H
#define RSL_METRIC_RANKING_H

#include <stdbool.h>
#include <stdint.h>

/* Index of the largest value; the first NaN counts as largest, the first of equals wins (NumPy's
 * argmax, which the published tools use). n >= 1. */
int rsl_argmax(const float *values, int n);
/* Number of classes ahead of `label` by that rule: 0 means it is the prediction. */
int rsl_rank(const float *values, int n, int label);
bool rsl_all_finite(const float *values, int n);
/* Cross-entropy -log softmax(values)[label], computed in double and stable for large values. */
double rsl_cross_entropy(const float *values, int n, int label);

#endif
