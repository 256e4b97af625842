/* See number.h. */
#define _POSIX_C_SOURCE 200809L
#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t plain; /* 0 when there is no memory for it: then the program's stays */

static void start(void) {
    plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* This thread's locale becomes "C"; returns what it was. */
static locale_t enter(void) {
    pthread_once(&once, start);
    return uselocale(plain);
}

double rsl_parse_double(const char *text, char **end) {
    locale_t before = enter();
    double value = strtod(text, end);
    uselocale(before);
    return value;
}

float rsl_parse_float(const char *text, char **end) {
    locale_t before = enter();
    float value = strtof(text, end);
    uselocale(before);
    return value;
}

bool rsl_parse_decimal(const char *text, double *value) {
    char *end;
    if (*text == 0 || strspn(text, "0123456789+-.eE") != strlen(text)) return false;
    *value = rsl_parse_double(text, &end);
    return *end == 0 && isfinite(*value);
}

int rsl_vformat(char *text, size_t size, const char *format, va_list args) {
    locale_t before = enter();
    int n = vsnprintf(text, size, format, args);
    uselocale(before);
    return n;
}

int rsl_format(char *text, size_t size, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = rsl_vformat(text, size, format, args);
    va_end(args);
    return n;
}

const char *rsl_number_text(double value, char text[RSL_NUMBER_TEXT]) {
    for (int precision = 15; precision <= 17; precision++) {
        rsl_format(text, RSL_NUMBER_TEXT, "%.*g", precision, value);
        if (rsl_parse_double(text, NULL) == value) break;
    }
    return text;
}
