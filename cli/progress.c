/* See progress.h. */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

enum { LINE = 256, CELLS = 30, FEWEST_CELLS = 8 };

/* Columns of the terminal that can be written without the line breaking. */
static int columns(void) {
    struct winsize w;
    const char *given = getenv("COLUMNS");
    long n = ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
    if (n <= 0 && given) n = strtol(given, NULL, 10);
    return (int)(n > 1 && n < LINE ? n : 80) - 1;
}

/* "[####....] ", of `cells` cells; none for less than one. */
static void draw_bar(char *bar, int cells, double share) {
    int n = 0;
    if (cells >= 1) {
        bar[n++] = '[';
        for (int i = 0; i < cells; i++) bar[n++] = i < (int)(cells * share) ? '#' : '.';
        memcpy(bar + n, "] ", 2);
        n += 2;
    }
    bar[n] = '\0';
}

/* How much of the line fits: whole parts, so that no number is cut to another one. */
static int fitting(const char *line, int width) {
    int length = (int)strlen(line), end = width;
    if (length <= width) return length;
    while (end > 0 && strncmp(line + end, ", ", 2) != 0) end--;
    return end > 0 ? end : width;
}

/* Writes the line and returns its width. Where the terminal is narrow, the bar gives way first. */
static int paint(const struct progress *p, int64_t done, int64_t total, double elapsed) {
    char counts[LINE], bar[CELLS + 4] = "", left[48] = "", time[32];
    double rate = elapsed > 0 ? (double)(done - p->first) / elapsed : 0;
    if (total <= 0) {
        snprintf(counts, sizeof counts, "%" PRId64 " %s, %.4g/s", done, p->unit, rate);
    } else {
        if (rate > 0 && done <= total) {
            duration(time, sizeof time, (double)(total - done) / rate);
            snprintf(left, sizeof left, ", %s left", time);
        }
        snprintf(counts, sizeof counts, "%" PRId64 "/%" PRId64 " %s, %.4g/s%s%s%s", done, total,
                 p->unit, rate, left, p->note[0] ? ", " : "", p->note);
    }
    if (!p->terminal) return fprintf(stderr, "%s %s", p->what, counts);
    int width = columns(), room = width - (int)(strlen(p->what) + strlen(counts)) - 4;
    int cells = total <= 0 || room < FEWEST_CELLS ? 0 : room < CELLS ? room : CELLS;
    if (cells > 0) draw_bar(bar, cells, (double)(done < total ? done : total) / (double)total);
    char line[2 * LINE];
    snprintf(line, sizeof line, "%s %s%s", p->what, bar, counts);
    return fprintf(stderr, "%.*s", fitting(line, width), line);
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
