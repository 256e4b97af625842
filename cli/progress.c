/* See progress.h. */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_start(struct progress *p, bool quiet, const char *what, const char *unit) {
    const char *term = getenv("TERM");
    bool dumb = !term || !strcmp(term, "dumb");
    *p = (struct progress){.what = what, .unit = unit, .quiet = quiet};
    p->terminal = isatty(STDERR_FILENO) && !dumb;
    p->started = p->shown = now();
}

/* "42 s", "3:07", "1:02:03" */
static void duration(char *text, size_t size, double seconds) {
    int64_t s = (int64_t)(seconds + 0.5);
    if (s < 60)
        snprintf(text, size, "%" PRId64 " s", s);
    else if (s < 3600)
        snprintf(text, size, "%" PRId64 ":%02" PRId64, s / 60, s % 60);
    else
        snprintf(text, size, "%" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600, s / 60 % 60, s % 60);
}

/* Writes the line and returns its width. */
static int paint(const struct progress *p, int64_t done, int64_t total, double elapsed) {
    char left[40] = "", bar[40] = "";
    double rate = elapsed > 0 ? (double)(done - p->first) / elapsed : 0;
    if (total <= 0)
        return fprintf(stderr, "%s %" PRId64 " %s, %.4g/s", p->what, done, p->unit, rate);
    if (rate > 0 && done <= total) {
        char time[32];
        duration(time, sizeof time, (double)(total - done) / rate);
        snprintf(left, sizeof left, ", %s left", time);
    }
    if (p->terminal) {
        const int cells = 30;
        int filled = (int)(cells * (double)(done < total ? done : total) / (double)total);
        bar[0] = '[';
        for (int i = 0; i < cells; i++) bar[i + 1] = i < filled ? '#' : '.';
        memcpy(bar + cells + 1, "] ", 3);
    }
    return fprintf(stderr, "%s %s%" PRId64 "/%" PRId64 " %s, %.4g/s%s%s%s", p->what, bar, done,
                   total, p->unit, rate, left, p->note[0] ? ", " : "", p->note);
}

void progress_show(struct progress *p, int64_t done, int64_t total) {
    double t = now(), pause = !p->terminal ? 60 : p->painted ? 0.1 : 0.5;
    if (!p->counting) { /* what was there already, in a resumed run, was not done at this rate */
        p->counting = true;
        p->first = done;
        p->started = t;
    }
    if (p->quiet || t - p->shown < pause) return;
    /* A job in the background must not paint over the shell. */
    if (p->terminal && tcgetpgrp(STDERR_FILENO) != getpgrp()) return;
    p->shown = t;
    if (p->terminal) fputc('\r', stderr);
    int width = paint(p, done, total, t - p->started);
    if (p->terminal)
        fprintf(stderr, "%*s", width < p->painted ? p->painted - width : 0, "");
    else
        fputc('\n', stderr);
    fflush(stderr);
    p->painted = width;
}

void progress_end(struct progress *p) {
    if (p->terminal && p->painted) {
        fprintf(stderr, "\r%*s\r", p->painted, "");
        fflush(stderr);
    }
    p->painted = 0;
}
