/* Faults: what can happen to stored bits and to activations. docs/faults.md has the grammar.
 *
 *     ber:1e-5                      single layers=conv1 bits=top
 *     count:10 regions=biases       neuron:1 as=bf16 + ber:1e-7 */
#ifndef RESILE_FAULT_H
#define RESILE_FAULT_H

#include "resile/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* RSL_OK, or a sentence that says what is wrong with the spec. Opens no file. */
RSL_API int rsl_fault_check(const char *spec);

/* The kinds of fault models: name, arguments ("[:RATE]"), one line. 0 after the last. */
RSL_API int rsl_fault_model_help(int i, const char **name, const char **arguments,
                                 const char **about);

/* Leveugle et al. (DATE 2009): how many of N possible faults estimate a share with margin e at the
 * confidence whose normal quantile is t, when the share is about p (0.5: the most careful):
 *
 *     n = N / (1 + e^2 (N - 1) / (t^2 p (1 - p)))
 *
 * rounded to the nearest whole number, at least 1, at most N. N >= 1, e > 0, t > 0, 0 < p < 1. */
RSL_API int64_t rsl_fault_sample_size(int64_t N, double e, double t, double p);

/* The probability that a bit is found inverted after `hours` at `fit` upsets per 10^9 hours and
 * Mbit (2^20 bits). */
RSL_API double rsl_fault_ber_of_fit(double fit, double hours);

#ifdef __cplusplus
}
#endif
#endif
