/* See rap.h. */
#include "metric/rap.h"

double rsl_rap(double drop, double memory_ratio, double time_ratio) {
    return drop * memory_ratio * time_ratio;
}
