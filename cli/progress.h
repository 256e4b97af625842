/* Progress on stderr: on a terminal a bar with rate and time left, repainted at most ten times a
 * second and not before half a second has passed, never wider than the terminal; elsewhere
 * (TERM=dumb too) one plain line a minute. No colours and no escape sequences. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* "evaluating" */
    const char *unit; /* "images" */
    bool terminal, quiet;
    int painted;           /* width of what stands on the line */
    double started, shown; /* seconds; started: when counting began */
    bool counting;
    int64_t first; /* done when counting began */
    char note[96]; /* shown behind the line, may change all the time */
};

void progress_start(struct progress *p, bool quiet, const char *what, const char *unit);
/* `total` <= 0: unknown. Cheap enough to be called per batch. */
void progress_show(struct progress *p, int64_t done, int64_t total);
/* Wipes the bar. */
void progress_end(struct progress *p);

#endif
