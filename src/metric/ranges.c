/* Ranges as results and as text; see ranges.h. */
#include "metric/ranges.h"

#include "base/alloc.h"
#include "base/number.h"
#include "base/status.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {
    [RSL_CLIP_NONE] = "minmax", [RSL_CLIP_PERCENTILE] = "percentile", [RSL_CLIP_ERROR] = "mse"};

enum { CLIPPINGS = sizeof names / sizeof *names };

const char *rsl_clipping_name(int i) {
    return i >= 0 && i < CLIPPINGS ? names[i] : NULL;
}

int rsl_clipping_parse(const char *text, enum rsl_clipping *clipping) {
    *clipping = RSL_CLIP_ERROR;
    for (int i = 0; text && i < CLIPPINGS; i++)
        if (strcmp(text, names[i]) == 0) {
            *clipping = (enum rsl_clipping)i;
            return RSL_OK;
        }
    return text ? rsl_fail(RSL_EARG, "ranges '%s' are none of minmax, percentile, mse", text)
                : RSL_OK;
}

void rsl_ranges_free(struct rsl_ranges *r) {
    rsl_arena_free(&r->arena);
    r->at = NULL;
    r->n = 0;
}

const struct rsl_range *rsl_ranges_find(const struct rsl_ranges *r, const char *name) {
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->at[i].name, name) == 0) return &r->at[i];
    return NULL;
}

int rsl_ranges_text(const struct rsl_ranges *r, char **text) {
    struct rsl_text t = {0};
    *text = NULL;
    for (size_t i = 0; i < r->n; i++) {
        if (strchr(r->at[i].name, '\n')) {
            rsl_text_free(&t);
            return rsl_fail(RSL_EUNSUPPORTED, "the name of value '%s' has a line break in it",
                            r->at[i].name);
        }
        rsl_text_printf(&t, "%.9g %.9g %s\n", (double)r->at[i].low, (double)r->at[i].high,
                        r->at[i].name);
    }
    if (r->n == 0) rsl_text_puts(&t, "");
    int rc = t.status;
    if (rc < 0) rsl_text_free(&t);
    *text = t.at;
    return rc;
}

/* One line, without its end. */
static int parse_line(struct rsl_ranges *r, const char *line, size_t length, size_t number) {
    struct rsl_range *range = &r->at[r->n];
    char *end;
    range->low = rsl_parse_float(line, &end);
    if (end != line && *end == ' ') {
        const char *second = end + 1;
        range->high = rsl_parse_float(second, &end);
        if (end != second && *end == ' ' && end + 1 < line + length && isfinite(range->low) &&
            isfinite(range->high) && range->low <= 0 && range->high >= 0) {
            range->name = rsl_arena_strndup(&r->arena, end + 1, (size_t)(line + length - end - 1));
            r->n++;
            return range->name ? RSL_OK : RSL_ENOMEM;
        }
    }
    return rsl_fail(RSL_EFORMAT,
                    "line %zu of the ranges is not LOW HIGH NAME with LOW <= 0 <= HIGH", number);
}

int rsl_ranges_parse(struct rsl_ranges *r, const char *text) {
    size_t lines = 0;
    for (const char *p = text; (p = strchr(p, '\n')); p++) lines++;
    *r = (struct rsl_ranges){0};
    r->at = rsl_arena_array(&r->arena, lines + 1, sizeof *r->at);
    int rc = r->at ? RSL_OK : RSL_ENOMEM;
    for (size_t number = 1; rc == RSL_OK && *text; number++) {
        size_t length = strcspn(text, "\n");
        rc = parse_line(r, text, length, number);
        text += length + (text[length] == '\n');
    }
    if (rc < 0) rsl_ranges_free(r);
    return rc;
}
