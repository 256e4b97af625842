/* FORTUNE's reliability-aware performance, equation 7: smaller is better.
 *
 *     RAP = drop * (bits / bits of the 8-bit network) * (time / its time)
 *
 * in the unit of the drop, which for the 8-bit network itself is what it is. */
#ifndef RSL_METRIC_RAP_H
#define RSL_METRIC_RAP_H

double rsl_rap(double drop, double memory_ratio, double time_ratio);

#endif
