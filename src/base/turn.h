/* Cosine and sine by nothing but + - * /, so that they are the same bits on every machine (libm's
 * last bit depends on its version and on the processor). */
#ifndef RSL_BASE_TURN_H
#define RSL_BASE_TURN_H

/* `eighths`: of a whole turn, in [0,8); error about 1 ulp, exact at multiples of 2. */
void rsl_turn(double eighths, double *cosine, double *sine);

#endif
