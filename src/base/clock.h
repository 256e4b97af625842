/* Time for rates and progress; never part of a result that must repeat. */
#ifndef RSL_BASE_CLOCK_H
#define RSL_BASE_CLOCK_H

/* Seconds of the monotonic clock. */
double rsl_clock(void);

#endif
