/* See augment.h: the texts, and the steps one after the other. */
#include "data/augment.h"

#include "base/nearest.h"
#include "base/status.h"
#include "resile/data.h"

#include <assert.h>
#include <string.h>

#define X(symbol) extern const struct rsl_augmentation rsl_augmentation_##symbol;
#include "data/augmentations.def"
#undef X

static const struct rsl_augmentation *const kinds[] = {
#define X(symbol) &rsl_augmentation_##symbol,
#include "data/augmentations.def"
#undef X
};

enum { KINDS = sizeof kinds / sizeof *kinds, ITEM = 64 };

int rsl_augmentation_count(void) {
    return KINDS;
}

const char *rsl_augmentation_form(int i) {
    return i >= 0 && i < KINDS ? kinds[i]->form : NULL;
}

const char *rsl_augmentation_about(int i) {
    return i >= 0 && i < KINDS ? kinds[i]->about : NULL;
}

/* ---- the texts ---- */

static const char *kind_name(size_t i) {
    return i < KINDS ? kinds[i]->name : NULL;
}

static const struct rsl_augmentation *find(const char *name) {
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}

bool rsl_augment_decimal(const char *text, int64_t low, int64_t high, int64_t *number) {
    int64_t value = 0;
    int whole = 0, part = -1; /* digits before and after the point; -1: no point */
    for (; *text; text++) {
        if (*text == '.' && part < 0) {
            part = 0;
            continue;
        }
        if (*text < '0' || *text > '9' || whole == 9 || part == 9) return false;
        value = 10 * value + (*text - '0');
        *(part < 0 ? &whole : &part) += 1;
    }
    if (whole == 0 || part == 0) return false;
    for (int k = part < 0 ? 0 : part; k < 9; k++) value *= 10;
    *number = value;
    return value >= low && value <= high;
}

bool rsl_augment_whole(const char *text, int64_t low, int64_t high, int64_t *number) {
    const int64_t unit = 1000000000;
    if (strchr(text, '.') || !rsl_augment_decimal(text, low * unit, high * unit, number))
        return false;
    *number /= unit;
    return true;
}

/* The name's letters, and above them how many of that name came before. */
static uint64_t stream_of(const struct rsl_augment *a, const struct rsl_augmentation *kind) {
    uint64_t stream = 0;
    assert(strlen(kind->name) <= 7);
    for (const char *p = kind->name; *p; p++) stream = stream << 8 | (uint8_t)*p;
    for (int k = 0; k < a->n; k++)
        if (a->step[k].kind == kind) stream += (uint64_t)1 << 56;
    return stream;
}

/* Splits at the colons, in place; the number of fields, or -1 when there are too many. */
static int split(char *item, const char *field[RSL_AUGMENT_FIELDS]) {
    int n = 0;
    for (char *p = strchr(item, ':'); p; p = strchr(p, ':')) {
        if (n == RSL_AUGMENT_FIELDS) return -1;
        *p++ = 0;
        field[n++] = p;
    }
    return n;
}

static int add_step(struct rsl_augment *a, const char *at, size_t length) {
    if (a->n == RSL_AUGMENT_STEPS)
        return rsl_fail(RSL_EARG, "augmentation: more than %d steps", RSL_AUGMENT_STEPS);
    int shown = length < ITEM ? (int)length : ITEM;
    char item[ITEM], nearest[RSL_NEAREST_TEXT];
    const char *field[RSL_AUGMENT_FIELDS];
    if (length >= ITEM) return rsl_fail(RSL_EARG, "augmentation '%.*s...': too long", shown, at);
    memcpy(item, at, length);
    item[length] = 0;
    int n = split(item, field);
    struct rsl_augment_step *step = &a->step[a->n];
    *step = (struct rsl_augment_step){.kind = find(item)};
    if (!step->kind)
        return rsl_fail(RSL_EARG, "augmentation '%.*s': there is no such thing; the nearest are %s",
                        shown, at, rsl_nearest(item, kind_name, nearest));
    if (n < 0 || !step->kind->parse(n, field, step->number))
        return rsl_fail(RSL_EARG, "augmentation '%.*s': is not %s", shown, at, step->kind->form);
    step->stream = stream_of(a, step->kind);
    a->n++;
    return RSL_OK;
}

int rsl_augment_parse(struct rsl_augment *a, const char *text) {
    *a = (struct rsl_augment){0};
    if (!text || strcmp(text, "none") == 0) return RSL_OK;
    for (;; text++) {
        size_t length = strcspn(text, ",");
        int rc = length ? add_step(a, text, length)
                        : rsl_fail(RSL_EARG, "augmentation: an empty name; write 'none' for none");
        if (rc < 0) {
            *a = (struct rsl_augment){0};
            return rc;
        }
        text += length;
        if (!*text) return RSL_OK;
    }
}

/* ---- the steps ---- */

/* Draws of augmentation share no stream with the drawing of images, the order or dropout. */
static const uint64_t purpose = 0x6175676d656e7400; /* "augment" */

uint8_t *rsl_augment_apply(const struct rsl_augment *a, uint64_t seed, int64_t epoch, int64_t index,
                           const int shape[3], uint8_t *bytes, uint8_t *spare) {
    struct rsl_philox4 own = rsl_philox(seed ^ purpose, (uint64_t)epoch, (uint64_t)index);
    uint64_t key = own.v[0] | (uint64_t)own.v[1] << 32;
    for (int k = 0; k < a->n; k++) {
        const struct rsl_augment_step *step = &a->step[k];
        struct rsl_rng rng = rsl_rng(key, step->stream);
        step->kind->apply(step->number, &rng, shape, bytes, spare);
        uint8_t *result = spare;
        spare = bytes;
        bytes = result;
    }
    return bytes;
}
