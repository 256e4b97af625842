/* See road_signs.h. */
#include "data/road_signs.h"

const char *const rsl_sign_names[RSL_SIGNS] = {
    "speed limit 20",
    "speed limit 30",
    "speed limit 50",
    "speed limit 60",
    "speed limit 70",
    "speed limit 80",
    "end of speed limit 80",
    "speed limit 100",
    "speed limit 120",
    "no passing",
    "no passing for lorries",
    "right of way at the next crossing",
    "priority road",
    "yield",
    "stop",
    "no vehicles",
    "no lorries",
    "no entry",
    "danger",
    "curve to the left",
    "curve to the right",
    "double curve",
    "bumpy road",
    "slippery road",
    "road narrows on the right",
    "road works",
    "traffic lights",
    "pedestrians",
    "children",
    "bicycles",
    "snow",
    "wild animals",
    "end of all limits",
    "turn right ahead",
    "turn left ahead",
    "straight ahead",
    "straight ahead or right",
    "straight ahead or left",
    "keep right",
    "keep left",
    "roundabout",
    "end of no passing",
    "end of no passing for lorries",
};

enum { SPEED, PROHIBITION, WARNING, PRIORITY, MANDATORY, DERESTRICTION };

const char *const rsl_sign_super_names[RSL_SIGN_SUPERS] = {
    "regulatory-speed", "regulatory-other", "warning", "priority", "mandatory", "derestriction",
};

const uint8_t rsl_sign_super_of[RSL_SIGNS] = {
    [0] = SPEED,          [1] = SPEED,          [2] = SPEED,          [3] = SPEED,
    [4] = SPEED,          [5] = SPEED,          [6] = DERESTRICTION,  [7] = SPEED,
    [8] = SPEED,          [9] = PROHIBITION,    [10] = PROHIBITION,   [11] = PRIORITY,
    [12] = PRIORITY,      [13] = PRIORITY,      [14] = PRIORITY,      [15] = PROHIBITION,
    [16] = PROHIBITION,   [17] = PROHIBITION,   [18] = WARNING,       [19] = WARNING,
    [20] = WARNING,       [21] = WARNING,       [22] = WARNING,       [23] = WARNING,
    [24] = WARNING,       [25] = WARNING,       [26] = WARNING,       [27] = WARNING,
    [28] = WARNING,       [29] = WARNING,       [30] = WARNING,       [31] = WARNING,
    [32] = DERESTRICTION, [33] = MANDATORY,     [34] = MANDATORY,     [35] = MANDATORY,
    [36] = MANDATORY,     [37] = MANDATORY,     [38] = MANDATORY,     [39] = MANDATORY,
    [40] = MANDATORY,     [41] = DERESTRICTION, [42] = DERESTRICTION,
};
