/* The distributions behind intervals: normal, Student, beta.
 *
 * Quantiles are within 1e-12 of the exact ones, relatively, for probabilities of 1e-10 to
 * 1 - 1e-10 and parameters up to 1e9. Made of + - * / sqrt, frexp and ldexp only: the same bits on
 * every machine, so that decisions taken with them are the same ones everywhere. */
#ifndef RSL_METRIC_DISTRIBUTION_H
#define RSL_METRIC_DISTRIBUTION_H

/* z with P(Z <= z) = p, 0 < p < 1. Wichura, Algorithm AS 241 (Applied Statistics 37, 1988). */
double rsl_normal_quantile(double p);
/* t with P(T <= t) = p for Student's t with `df` > 0 degrees of freedom, 0 < p < 1. */
double rsl_student_quantile(double p, double df);
/* The regularized incomplete beta function I_x(a, b) = P(X <= x), a, b > 0, 0 <= x <= 1. */
double rsl_beta_share(double x, double a, double b);
/* x with I_x(a, b) = p, 0 <= p <= 1. */
double rsl_beta_quantile(double p, double a, double b);

/* x > 0, finite. */
double rsl_ln(double x);
double rsl_exp(double x);

#endif
