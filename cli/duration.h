/* How long something planned will take, in words. */
#ifndef CLI_DURATION_H
#define CLI_DURATION_H

#include <stddef.h>

/* "about 12 min on 2 threads"; negative or NaN seconds: it depends on when a margin is reached. */
void duration_text(double seconds, int threads, char *text, size_t size);

#endif
