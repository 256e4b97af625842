/* Numbers as text, in and out, with a decimal point: in a program whose locale has a comma there,
 * C's own strtod stops at the point of every file and option, and printf writes commas into JSON.
 * What has a fraction is read by what stands here, and texts that may have one are made by it. */
#ifndef RSL_BASE_NUMBER_H
#define RSL_BASE_NUMBER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* As strtod and strtof. */
double rsl_parse_double(const char *text, char **end);
float rsl_parse_float(const char *text, char **end);

/* The whole text as a finite decimal number: digits, sign, point and exponent, none of the blanks,
 * hexadecimal digits and words that strtod takes as well. */
bool rsl_parse_decimal(const char *text, double *value);

/* As snprintf and vsnprintf. */
int rsl_format(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int rsl_vformat(char *text, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* A finite value in the fewest digits, from 15 on, that are read as the same value. */
enum { RSL_NUMBER_TEXT = 32 };
const char *rsl_number_text(double value, char text[RSL_NUMBER_TEXT]);

#endif
