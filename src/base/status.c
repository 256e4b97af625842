/* Error sentences: one buffer per thread, so that a message needs no memory and no lock. */
#include "base/status.h"

#include "base/number.h"

#include <string.h>

static _Thread_local char sentence[4096];

const char *rsl_errmsg(void) {
    return sentence;
}

const char *rsl_status_name(int status) {
    switch (status) {
#define X(name, value, text) \
    case value:              \
        return #name;
        RSL_STATUS_MAP(X)
#undef X
    }
    return "RSL_E?";
}

const char *rsl_status_text(int status) {
    switch (status) {
#define X(name, value, text) \
    case value:              \
        return text;
        RSL_STATUS_MAP(X)
#undef X
    }
    return "unknown status";
}

static void make_printable(char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f) *text = '?';
}

void rsl_vsentence(const char *format, va_list args) {
    char fresh[sizeof sentence]; /* arguments may point into the old sentence */
    rsl_vformat(fresh, sizeof fresh, format, args);
    make_printable(fresh);
    memcpy(sentence, fresh, strlen(fresh) + 1);
}

void rsl_sentence(const char *format, ...) {
    va_list args;
    va_start(args, format);
    rsl_vsentence(format, args);
    va_end(args);
}

int rsl_fail_in(int status, const char *format, ...) {
    char place[512];
    va_list args;
    va_start(args, format);
    rsl_vformat(place, sizeof place, format, args);
    va_end(args);
    return rsl_fail(status, "%s: %s", place, sentence);
}
