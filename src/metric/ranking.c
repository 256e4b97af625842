/* See ranking.h. */
#include "metric/ranking.h"

#include <math.h>

/* True when the value at i is ahead of the one at j. */
static bool ahead(const float *v, int i, int j) {
    bool nan_i = isnan(v[i]), nan_j = isnan(v[j]);
    if (nan_i || nan_j) return nan_i && (!nan_j || i < j);
    return v[i] > v[j] || (v[i] == v[j] && i < j);
}

int rsl_argmax(const float *values, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (ahead(values, i, best)) best = i;
    return best;
}

int rsl_rank(const float *values, int n, int label) {
    int rank = 0;
    for (int i = 0; i < n; i++)
        if (i != label && ahead(values, i, label)) rank++;
    return rank;
}

bool rsl_all_finite(const float *values, int n) {
    for (int i = 0; i < n; i++)
        if (!isfinite(values[i])) return false;
    return true;
}

double rsl_cross_entropy(const float *values, int n, int label) {
    double largest = (double)values[0], sum = 0;
    for (int i = 1; i < n; i++)
        if ((double)values[i] > largest) largest = (double)values[i];
    for (int i = 0; i < n; i++) sum += exp((double)values[i] - largest);
    return largest + log(sum) - (double)values[label];
}
