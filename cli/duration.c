/* See duration.h. */
#include "duration.h"

#include <math.h>
#include <stdio.h>

void duration_text(double seconds, int threads, char *text, size_t size) {
    const char *on = threads == 1 ? "thread" : "threads";
    if (!(seconds >= 0))
        snprintf(text, size, "not known before the margin is reached");
    else if (seconds < 120)
        snprintf(text, size, "about %.0f s on %d %s", ceil(seconds), threads, on);
    else if (seconds < 7200)
        snprintf(text, size, "about %.0f min on %d %s", ceil(seconds / 60), threads, on);
    else
        snprintf(text, size, "about %.1f h on %d %s", seconds / 3600, threads, on);
}
