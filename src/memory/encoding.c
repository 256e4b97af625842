/* Names of encodings: the table, parsing and printing, and what a flip does to a code. */
#include "memory/encoding.h"

#include "base/nearest.h"
#include "base/status.h"

#include <stdio.h>
#include <string.h>

#define X(symbol) extern const struct rsl_encoding_kind rsl_encoding_##symbol;
#include "memory/encodings.def"
#undef X

static const struct rsl_encoding_kind *const kinds[] = {
#define X(symbol) &rsl_encoding_##symbol,
#include "memory/encodings.def"
#undef X
};

enum { KINDS = sizeof kinds / sizeof *kinds };

const struct rsl_encoding_kind *rsl_encoding_kind(size_t i) {
    return i < KINDS ? kinds[i] : NULL;
}

static const char *kind_name(size_t i) {
    return i < KINDS ? kinds[i]->name : NULL;
}

static bool one_width(const struct rsl_encoding_kind *k) {
    return (k->widths & (k->widths - 1)) == 0;
}

static int lowest_width(const struct rsl_encoding_kind *k) {
    int w = 0;
    while (!(k->widths >> w & 1)) w++;
    return w;
}

/* "2, 3, 4 ... 8" would be long: lists are "8, 16, 32", runs are "2 to 8". */
static void describe_widths(const struct rsl_encoding_kind *k, char text[64]) {
    int low = lowest_width(k), high = low, n = 0;
    while (k->widths >> (high + 1) & 1) high++;
    if (k->widths >> (high + 1) == 0) {
        snprintf(text, 64, "%d to %d", low, high);
        return;
    }
    text[0] = 0;
    for (int w = low; w <= 32; w++)
        if (k->widths >> w & 1) n += snprintf(text + n, (size_t)(64 - n), n ? ", %d" : "%d", w);
}

/* A whole number of at most four digits, or -1; *end is set behind it. */
static int number(const char *text, const char **end) {
    int n = 0, digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9'; digits++) {
        if (digits == 4) return -1;
        n = n * 10 + (text[digits] - '0');
    }
    *end = text + digits;
    return digits ? n : -1;
}

/* The part of `text` before the first colon: which kind and width. */
static int parse_name(struct rsl_encoding *e, const char *text, size_t length) {
    char widths[64], nearest[RSL_NEAREST_TEXT], word[32];
    snprintf(word, sizeof word, "%.*s", (int)(length < 31 ? length : 31), text);
    for (size_t i = 0; i < KINDS; i++) {
        const struct rsl_encoding_kind *k = kinds[i];
        size_t name = strlen(k->name);
        if (strncmp(word, k->name, name) != 0) continue;
        const char *end = word + name;
        int bits = one_width(k) ? lowest_width(k) : number(word + name, &end);
        if (one_width(k) && *end) continue; /* f32x */
        if (!one_width(k) && bits < 0 && word[name] && (word[name] < '0' || word[name] > '9'))
            continue; /* affinex: another word */
        describe_widths(k, widths);
        if (bits < 0 && !word[name])
            return rsl_fail(RSL_EARG, "encoding '%s' needs its number of bits, %s: '%s%d'", word,
                            widths, k->name, lowest_width(k) < 8 ? 8 : lowest_width(k));
        if (bits < 0 || *end || bits > 63 || !(k->widths >> bits & 1))
            return rsl_fail(RSL_EARG, "encoding '%s': %s has %s bits", word, k->name, widths);
        *e = (struct rsl_encoding){
            .kind = k, .bits = bits, .per_channel = k->per_channel, .axis = RSL_AXIS_OUTPUT};
        return RSL_OK;
    }
    return rsl_fail(RSL_ENOTFOUND, "there is no encoding '%s'; the nearest are %s", word,
                    rsl_nearest(word, kind_name, nearest));
}

static bool is_word(const char *text, size_t length, const char *word) {
    return length == strlen(word) && strncmp(text, word, length) == 0;
}

static int parse_axis(struct rsl_encoding *e, const char *text, size_t length) {
    const char *end = text;
    int axis = number(text + strlen("axis="), &end);
    if (axis < 0 || end != text + length || axis >= RSL_MAX_RANK)
        return rsl_fail(RSL_EARG, "'%.*s': an axis is a number from 0 to %d",
                        (int)(length < 60 ? length : 60), text, RSL_MAX_RANK - 1);
    if (!e->per_channel)
        return rsl_fail(RSL_EARG,
                        "'axis=%d' means one scale per channel: write 'channel' before it", axis);
    e->axis = axis;
    return RSL_OK;
}

static int parse_option(struct rsl_encoding *e, const char *text, size_t length) {
    unsigned options = e->kind->options;
    char name[RSL_ENCODING_TEXT];
    if (options & RSL_OPTION_CHANNEL &&
        (is_word(text, length, "channel") || is_word(text, length, "tensor"))) {
        e->per_channel = text[0] == 'c';
        e->axis = RSL_AXIS_OUTPUT;
    } else if (options & RSL_OPTION_CHANNEL && strncmp(text, "axis=", 5) == 0) {
        return parse_axis(e, text, length);
    } else if (options & RSL_OPTION_ROUNDING && is_word(text, length, "code")) {
        e->rounding = RSL_ROUND_CODE;
    } else if (options & RSL_OPTION_ROUNDING && is_word(text, length, "paper")) {
        e->rounding = RSL_ROUND_PAPER;
    } else if (options & RSL_OPTION_NEGATE && is_word(text, length, "negate")) {
        e->negate = true;
    } else {
        return rsl_fail(RSL_EARG, "encoding %s has no option '%.*s'%s", rsl_encoding_text(e, name),
                        (int)(length < 60 ? length : 60), text,
                        options & RSL_OPTION_ROUNDING ? "; there are tensor, channel, axis=N, "
                                                        "code, paper"
                        : options ? "; there are tensor, channel, axis=N, negate"
                                  : "");
    }
    if (e->negate && e->bits != 8)
        return rsl_fail(RSL_EARG, "'negate' is defined for 8 bits, not for %d", e->bits);
    return RSL_OK;
}

int rsl_encoding_parse(struct rsl_encoding *e, const char *text) {
    size_t length = strcspn(text, ":");
    RSL_TRY(parse_name(e, text, length));
    while (text[length]) {
        text += length + 1;
        length = strcspn(text, ":");
        RSL_TRY(parse_option(e, text, length));
    }
    return RSL_OK;
}

const char *rsl_encoding_text(const struct rsl_encoding *e, char text[RSL_ENCODING_TEXT]) {
    const struct rsl_encoding_kind *k = e->kind;
    int n = snprintf(text, RSL_ENCODING_TEXT, "%s", k->name);
#define ADD(...) n += snprintf(text + n, (size_t)(RSL_ENCODING_TEXT - n), __VA_ARGS__)
    if (!one_width(k)) ADD("%d", e->bits);
    if (e->per_channel != k->per_channel) ADD("%s", e->per_channel ? ":channel" : ":tensor");
    if (e->per_channel && e->axis != RSL_AXIS_OUTPUT) ADD(":axis=%d", e->axis);
    if (e->rounding == RSL_ROUND_PAPER) ADD(":paper");
    if (e->negate) ADD(":negate");
#undef ADD
    return text;
}

uint32_t rsl_encoding_flip(const struct rsl_encoding *e, uint32_t code, int bit) {
    if (!e->negate || bit != e->bits - 1) return code ^ (uint32_t)1 << bit;
    if (code == 0x81) return 0; /* -127 */
    return (0 - code) & 0xff;   /* -128 stays */
}
