/* See sign_art.h. A sign is a plate (shape and rim), perhaps a number, and a picture in the
 * language of raster.h; the left-right twins share one picture. */
#include "data/sign_art.h"

#include <string.h>

/* ---- plates ---- */

static const char prohibition[] = "rd 0 0 97; wd 0 0 70";
static const char released[] = "wd 0 0 97; ao 0 0 92 5";
static const char direction[] = "wd 0 0 97; bd 0 0 91";
static const char warning[] = "rp 0 -88 100 84 -100 84; wp 0 -48 65 65 -65 65";
static const char inverted[] = "rp 0 88 100 -84 -100 -84; wp 0 44 61 -62 -61 -62";
static const char octagon[] =
    "wp -40 -97 40 -97 97 -40 97 40 40 97 -40 97 -97 40 -97 -40;"
    "rp -37 -90 37 -90 90 -37 90 37 37 90 -37 90 -90 37 -90 -37";
static const char diamond[] =
    "kp 0 -99 99 0 0 99 -99 0; wp 0 -93 93 0 0 93 -93 0; kp 0 -64 64 0 0 64 -64 0;"
    "yp 0 -58 58 0 0 58 -58 0";
static const char barred[] = "rd 0 0 97; wp -68 -17 68 -17 68 17 -68 17";

/* ---- pictures ---- */

static const char cars[] =
    "rp -58 14 -58 -6 -50 -10 -44 -28 -22 -28 -16 -10 -8 -6 -8 14; rp -56 14 -44 14 -44 26 -56 26;"
    "rp -22 14 -10 14 -10 26 -22 26;"
    "kp 8 14 8 -6 16 -10 22 -28 44 -28 50 -10 58 -6 58 14; kp 10 14 22 14 22 26 10 26;"
    "kp 44 14 56 14 56 26 44 26";
static const char lorry_and_car[] =
    "rp -60 16 -60 -40 -10 -40 -10 16; rp -56 16 -44 16 -44 28 -56 28; rp -26 16 -14 16 -14 28 -26 "
    "28;"
    "kp 8 14 8 -6 16 -10 22 -28 44 -28 50 -10 58 -6 58 14; kp 10 14 22 14 22 26 10 26;"
    "kp 44 14 56 14 56 26 44 26";
static const char grey_cars[] =
    "ap -68 14 -68 -6 -60 -10 -54 -32 -26 -32 -20 -10 -12 -6 -12 14; ap -64 14 -52 14 -52 28 -64 "
    "28;"
    "ap -28 14 -16 14 -16 28 -28 28;"
    "ap 12 14 12 -6 20 -10 26 -32 54 -32 60 -10 68 -6 68 14; ap 16 14 28 14 28 28 16 28;"
    "ap 52 14 64 14 64 28 52 28";
static const char grey_lorry_and_car[] =
    "ap -72 18 -72 -50 -8 -50 -8 18; ap -68 18 -54 18 -54 32 -68 32; ap -26 18 -12 18 -12 32 -26 "
    "32;"
    "ap 12 14 12 -6 20 -10 26 -32 54 -32 60 -10 68 -6 68 14; ap 16 14 28 14 28 28 16 28;"
    "ap 52 14 64 14 64 28 52 28";
static const char strokes[] = "kl 7 -68 46 46 -68; kl 7 -57 57 57 -57; kl 7 -46 68 68 -46";
static const char lorry[] =
    "kp -52 -28 12 -28 12 16 -52 16; kp 16 -16 34 -16 50 0 50 16 16 16; kd -32 20 12; kd 32 20 12";
static const char exclamation[] = "kp -10 -30 10 -30 6 28 -6 28; kd 0 46 10";
static const char crossing[] =
    "kp -10 62 -10 -6 -20 -6 0 -34 20 -6 10 -6 10 62; kl 11 -34 30 34 30";
static const char curve[] = "kl 13 18 60 18 28 0 14; kp -30 -6 8 -6 -12 32";
static const char double_curve[] = "kl 12 -18 60 -18 46 14 28 14 10 4 2; kp -14 -26 20 -10 -10 14";
static const char bumps[] =
    "kp -52 58 52 58 52 46 40 44 34 26 18 26 8 44 -8 44 -18 26 -34 26 -40 44 -52 46";
static const char slippery[] =
    "kp -18 0 -11 -22 11 -22 18 0 22 4 22 18 -22 18 -22 4; kl 7 -12 22 -20 34 -4 46 -12 60;"
    "kl 7 14 22 6 34 22 46 14 60";
static const char narrowing[] = "kl 11 -18 60 -18 -2; kl 11 28 60 28 42 8 18 8 -2";
static const char worker[] =
    "kd 2 -16 10; kl 14 -2 2 -10 26; kl 9 -10 26 -28 58; kl 9 -10 26 4 58; kl 8 0 4 22 22;"
    "kl 6 6 12 34 44; kp 16 62 38 36 58 62";
static const char lights[] = "kp -17 -30 17 -30 17 62 -17 62; rd 0 -12 12; yd 0 16 12; gd 0 44 12";
static const char walker[] =
    "kd 0 -22 10; kl 14 0 -6 0 18; kl 9 0 18 -16 46; kl 9 0 18 16 46; kl 7 -18 14 0 -4 18 14;"
    "kl 8 -50 60 -30 60; kl 8 -10 60 10 60; kl 8 30 60 50 60";
static const char children[] =
    "kd -20 4 9; kl 13 -20 16 -20 36; kl 8 -20 36 -34 60; kl 8 -20 36 -10 60;"
    "kd 16 -8 11; kl 15 16 8 16 32; kl 9 16 32 4 60; kl 9 16 32 32 60; kl 7 -20 20 16 14";
static const char bicycle[] =
    "ko -28 42 18 7; ko 28 42 18 7; kl 7 -28 42 -10 14 16 14 28 42; kl 7 -10 14 2 42 16 14;"
    "kl 7 -18 8 -2 8; kl 7 16 14 12 0 24 -2";
static const char flake[] =
    "kl 7 0 -30 0 62; kl 7 -36 -2 36 42; kl 7 -36 42 36 -2; kl 5 -12 -22 0 -10 12 -22;"
    "kl 5 -12 56 0 44 12 56; kl 5 -36 14 -24 6 -24 -8; kl 5 36 14 24 6 24 -8;"
    "kl 5 -36 28 -24 34 -24 48; kl 5 36 28 24 34 24 48";
static const char deer[] =
    "kp -34 22 -8 10 12 10 16 -8 28 -18 42 -10 38 -2 28 0 26 24 40 44 34 50 18 30 -6 30 -30 54 -40 "
    "50"
    " -26 30; kl 5 26 -14 16 -34; kl 5 28 -14 34 -34; kl 5 20 -26 10 -26";
static const char arrow_turn[] = "wl 24 -30 60 -30 -8 6 -8; wp 4 -48 64 -8 4 32";
static const char arrow_ahead[] = "wl 24 0 62 0 -16; wp -40 -12 0 -70 40 -12";
static const char arrow_fork[] =
    "wl 18 -20 64 -20 -30; wp -50 -26 -20 -72 10 -26; wl 18 -20 24 24 24; wp 22 -8 68 24 22 56";
static const char arrow_keep[] = "wl 24 -46 -46 18 18; wp 58 -8 58 58 -8 58";
static const char arrows_round[] =
    "wl 15 43 15 35 30 23 40 8 45; wp -22 48 8 68 4 24;"
    "wl 15 -35 30 -43 15 -46 0 -43 -15; wp -31 -43 -63 -28 -24 -8;"
    "wl 15 -8 -45 8 -45 23 -40 35 -30; wp 54 -4 56 -40 18 -16";

/* ---- numbers and letters ---- */

/* Lines on a cell of 16 x 28. */
static const char *const figures[10] = {
    ['0' - '0'] = "8 0 13 2 16 8 16 20 13 26 8 28 3 26 0 20 0 8 3 2 8 0",
    ['1' - '0'] = "1 7 10 0 10 28",
    ['2' - '0'] = "0 7 3 1 8 0 13 1 16 6 15 11 0 28 16 28",
    ['3' - '0'] = "0 3 8 0 14 2 15 8 12 12 6 13 13 14 16 20 14 26 8 28 0 25",
    ['5' - '0'] = "15 0 2 0 1 12 8 10 14 13 16 19 14 25 8 28 0 26",
    ['6' - '0'] = "14 2 8 0 3 3 0 11 0 20 3 26 8 28 13 26 16 20 14 14 8 12 2 15 0 20",
    ['7' - '0'] = "0 0 16 0 6 28",
    ['8' - '0'] =
        "8 13 3 11 1 6 3 1 8 0 13 1 15 6 13 11 8 13 2 15 0 21 3 27 8 28 13 27 16 21 14 15"
        " 8 13",
};

static const char *const stop_letters[] = {
    "15 3 8 0 1 3 1 10 8 13 15 17 15 24 8 28 0 25", /* S */
    "8 28 8 0 0 0 16 0",                            /* T */
    "8 0 13 2 16 8 16 20 13 26 8 28 3 26 0 20 0 8 3 2 8 0",
    "0 28 0 0 12 0 16 4 16 11 12 15 0 15", /* P */
};

struct cell {
    int left, top, width, height, line;
};

static const char *next_number(const char *p, int *value) {
    int v = 0;
    while (*p == ' ') p++;
    for (; *p >= '0' && *p <= '9'; p++) v = 10 * v + (*p - '0');
    *value = v;
    return p;
}

static void draw_figure(struct rsl_canvas *c, const char *path, struct cell cell, uint32_t colour) {
    struct rsl_canvas_point points[24];
    int n = 0;
    for (const char *p = path; *p; n++) {
        int x, y;
        p = next_number(next_number(p, &x), &y);
        points[n] = (struct rsl_canvas_point){cell.left + x * cell.width / 16,
                                              cell.top + y * cell.height / 28};
    }
    rsl_canvas_line(c, points, n, cell.line, colour);
}

static void draw_number(struct rsl_canvas *c, const char *number, uint32_t colour) {
    int n = (int)strlen(number);
    struct cell cell = {0, -36, n == 2 ? 36 : 22, 72, n == 2 ? 14 : 12};
    int step = cell.width + cell.line + (n == 2 ? 8 : 4);
    cell.left = -(n * step - (step - cell.width)) / 2;
    for (int k = 0; k < n; k++, cell.left += step)
        draw_figure(c, figures[number[k] - '0'], cell, colour);
}

static void draw_stop(struct rsl_canvas *c) {
    struct cell cell = {-71, -26, 24, 52, 11};
    for (int k = 0; k < 4; k++, cell.left += 39)
        draw_figure(c, stop_letters[k], cell, rsl_colour('w'));
}

/* ---- the signs ---- */

static const struct sign {
    const char *plate, *picture, *number;
    int mirror;
} signs[RSL_SIGNS] = {
    [0] = {prohibition, NULL, "20", 0},
    [1] = {prohibition, NULL, "30", 0},
    [2] = {prohibition, NULL, "50", 0},
    [3] = {prohibition, NULL, "60", 0},
    [4] = {prohibition, NULL, "70", 0},
    [5] = {prohibition, NULL, "80", 0},
    [6] = {released, strokes, "80", 0},
    [7] = {prohibition, NULL, "100", 0},
    [8] = {prohibition, NULL, "120", 0},
    [9] = {prohibition, cars, NULL, 0},
    [10] = {prohibition, lorry_and_car, NULL, 0},
    [11] = {warning, crossing, NULL, 0},
    [12] = {diamond, NULL, NULL, 0},
    [13] = {inverted, NULL, NULL, 0},
    [14] = {octagon, NULL, "STOP", 0},
    [15] = {prohibition, NULL, NULL, 0},
    [16] = {prohibition, lorry, NULL, 0},
    [17] = {barred, NULL, NULL, 0},
    [18] = {warning, exclamation, NULL, 0},
    [19] = {warning, curve, NULL, 0},
    [20] = {warning, curve, NULL, 1},
    [21] = {warning, double_curve, NULL, 0},
    [22] = {warning, bumps, NULL, 0},
    [23] = {warning, slippery, NULL, 0},
    [24] = {warning, narrowing, NULL, 0},
    [25] = {warning, worker, NULL, 0},
    [26] = {warning, lights, NULL, 0},
    [27] = {warning, walker, NULL, 0},
    [28] = {warning, children, NULL, 0},
    [29] = {warning, bicycle, NULL, 0},
    [30] = {warning, flake, NULL, 0},
    [31] = {warning, deer, NULL, 0},
    [32] = {released, strokes, NULL, 0},
    [33] = {direction, arrow_turn, NULL, 0},
    [34] = {direction, arrow_turn, NULL, 1},
    [35] = {direction, arrow_ahead, NULL, 0},
    [36] = {direction, arrow_fork, NULL, 0},
    [37] = {direction, arrow_fork, NULL, 1},
    [38] = {direction, arrow_keep, NULL, 0},
    [39] = {direction, arrow_keep, NULL, 1},
    [40] = {direction, arrows_round, NULL, 0},
    [41] = {released, grey_cars, NULL, 0},
    [42] = {released, grey_lorry_and_car, NULL, 0},
};

void rsl_sign_draw(struct rsl_canvas *c, int label) {
    const struct sign *s = &signs[label];
    memset(c, 0, sizeof *c);
    rsl_canvas_draw(c, s->plate, 0);
    if (s->number && *s->number == 'S')
        draw_stop(c);
    else if (s->number)
        draw_number(c, s->number, rsl_colour(s->plate == released ? 'a' : 'k'));
    if (s->picture) rsl_canvas_draw(c, s->picture, s->mirror);
    /* What releases from a rule crosses out the picture of the rule. */
    if (s->plate == released && s->picture != strokes) rsl_canvas_draw(c, strokes, 0);
}
