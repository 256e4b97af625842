/* FORTUNE's probability of an accuracy drop during a device's life, equation 6, and a bounded one.
 *
 *     P_drop = bits^2 * C * BER * drop        C = life / interval * P_single
 *
 * bits are those that store the weights (N * W), drop is a fraction, P_single the probability that
 * one bit flips during the test interval. It grows with the square of the memory and can exceed 1:
 * it is a number of drops to be expected, not a probability. Where drops come independently of each
 * other, that of at least one is
 *
 *     bounded = 1 - exp(-P_drop)
 *
 * which is the same while P_drop is small and stays below 1. */
#ifndef RSL_METRIC_DROP_PROBABILITY_H
#define RSL_METRIC_DROP_PROBABILITY_H

#include <stdint.h>

/* What the published table was computed with; its three factors were not published. */
#define RSL_DROP_CONSTANT 1.3301e-13

double rsl_drop_probability(int64_t bits, double constant, double ber, double drop);
double rsl_drop_probability_bounded(int64_t bits, double constant, double ber, double drop);

#endif
