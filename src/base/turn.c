/* See turn.h. The octant decides which of the two series serves, so that they see [0, pi/4] only.
 */
#include "base/turn.h"

#include <assert.h>
#include <stdbool.h>

/* cos and sin of x in [0, pi/4] by their series. */
static void series(double x, double *c, double *s) {
    double square = x * x, cosine = 1, sine = 1;
    for (int k = 16; k >= 2; k -= 2) cosine = 1 - cosine * square / (k * (k - 1));
    for (int k = 17; k >= 3; k -= 2) sine = 1 - sine * square / (k * (k - 1));
    *c = cosine;
    *s = x * sine;
}

void rsl_turn(double eighths, double *cosine, double *sine) {
    assert(eighths >= 0 && eighths < 8);
    int octant = (int)eighths;
    double rest = octant & 1 ? octant + 1 - eighths : eighths - octant, c, s;
    series(rest * 0.78539816339744831, &c, &s);
    bool swap = ((octant + 1) & 2) != 0; /* octants 1, 2, 5, 6 lie next to the vertical axis */
    double x = swap ? s : c, y = swap ? c : s;
    *cosine = octant >= 2 && octant <= 5 ? -x : x;
    *sine = octant >= 4 ? -y : y;
}
