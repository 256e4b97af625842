/* Included before every file that `make tidy` analyses. The analyzer sees one file at a time and
 * cannot know that a failure returns its (negative) status; this tells it. */
#ifndef TESTS_TIDY_ANALYZER_H
#define TESTS_TIDY_ANALYZER_H

#include "base/status.h"

void rsl_tidy_sentence(const char *format, ...);
#define rsl_fail(status, ...) (rsl_tidy_sentence(__VA_ARGS__), (status))

#endif
