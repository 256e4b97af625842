/* See layer_name.h. */
#include "memory/layer_name.h"

#include "base/status.h"
#include "memory/module_name.h"
#include "resile/text.h"

#include <stdio.h>
#include <string.h>

/* Length of a constant's name up to its last dot; 0 when it has none. */
static size_t stem_length(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : 0;
}

/* ---- patterns ---- */

/* On a mismatch the last star takes one byte more: linear but for patterns made to be slow, and
 * names are short. */
bool rsl_name_matches(const char *pattern, const char *name, size_t n) {
    const char *star = NULL;
    size_t i = 0, after = 0; /* after: bytes that the star had taken when it was last tried */
    while (i < n) {
        if (*pattern == '*') {
            star = pattern++;
            after = i;
        } else if (*pattern && (*pattern == '?' || *pattern == name[i])) {
            pattern++;
            i++;
        } else if (star) {
            pattern = star + 1;
            i = ++after;
        } else {
            return false;
        }
    }
    while (*pattern == '*') pattern++;
    return *pattern == 0;
}

/* A number of up to nine digits; returns what follows it, or NULL when there is none. */
static const char *index_in(const char *text, int *index) {
    int digits = 0;
    *index = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (++digits > 9) return NULL;
        *index = *index * 10 + (*text - '0');
    }
    return digits ? text : NULL;
}

bool rsl_index_matches(const char *pattern, int index) {
    int first, last;
    const char *rest = index_in(pattern, &first);
    if (!rest) return false;
    if (!*rest) return index == first;
    if (*rest != '-') return false;
    rest = index_in(rest + 1, &last);
    return rest && !*rest && index >= first && index <= last;
}

bool rsl_patterns_choose(const char *const *patterns, int n,
                         bool (*answers)(void *context, int k, const char *pattern),
                         void *context) {
    bool in = false, any = false, out = false;
    for (int k = 0; k < n; k++) {
        bool leaves_out = patterns[k][0] == '!';
        bool matches = answers(context, k, patterns[k] + leaves_out);
        any |= !leaves_out;
        in |= !leaves_out && matches;
        out |= leaves_out && matches;
    }
    return (in || !any) && !out;
}

/* By its constant's name, that up to its last dot, or its node's name. */
static bool is_called(const struct rsl_memory_tensor *t, const char *pattern) {
    return rsl_name_matches(pattern, t->name, strlen(t->name)) ||
           rsl_name_matches(pattern, t->name, stem_length(t->name)) ||
           (t->node && rsl_name_matches(pattern, t->node, strlen(t->node)));
}

static bool any_is_called(const struct rsl_memory *image, enum rsl_region region,
                          const char *pattern) {
    const struct rsl_memory_region *r = &image->region[region];
    for (int i = r->first; i < r->first + r->n; i++)
        if (is_called(&image->tensors[i], pattern)) return true;
    return false;
}

static bool is_weight(const struct rsl_memory *image, const char *name) {
    return rsl_memory_find(image, RSL_REGION_WEIGHTS, name) != RSL_ABSENT;
}

/* By a name that stands in the model's file. */
static bool matches_name(const struct rsl_memory *image, const struct rsl_memory_tensor *t,
                         const char *pattern) {
    return is_weight(image, pattern) ? strcmp(t->name, pattern) == 0 : is_called(t, pattern);
}

/* By a name that it has elsewhere, where no tensor of the region has it in the file. */
static bool matches_module(const struct rsl_memory *image, const struct rsl_memory_tensor *t,
                           const char *pattern) {
    const char *stripped = rsl_module_stripped(pattern);
    bool called = stripped != pattern && matches_name(image, t, stripped);
    if (!called && !(t->node && rsl_module_matches(stripped, t->node))) return false;
    if (any_is_called(image, t->region, pattern) || is_weight(image, pattern)) return false;
    return called || !any_is_called(image, t->region, stripped);
}

bool rsl_layer_matches(const struct rsl_memory *image, int tensor, const char *pattern) {
    const struct rsl_memory_tensor *t = &image->tensors[tensor];
    int index = t->region == RSL_REGION_WEIGHTS ? tensor : t->weights;
    if (matches_name(image, t, pattern) || matches_module(image, t, pattern)) return true;
    return index != RSL_ABSENT && rsl_index_matches(pattern, index) &&
           !any_is_called(image, RSL_REGION_WEIGHTS, pattern);
}

/* ---- one tensor ---- */

static bool has_stem(const struct rsl_memory_tensor *t, const char *name) {
    size_t n = stem_length(t->name);
    return n > 0 && strlen(name) == n && memcmp(t->name, name, n) == 0;
}

static bool has_node(const struct rsl_memory_tensor *t, const char *name) {
    return t->node && strcmp(t->node, name) == 0;
}

static bool has_module(const struct rsl_memory_tensor *t, const char *name) {
    return t->node && !strpbrk(name, "*?") && rsl_module_matches(name, t->node);
}

enum { SEVERAL = RSL_ABSENT - 1 };

/* The only tensor of the region that answers so; RSL_ABSENT for none, or SEVERAL. */
static int only(const struct rsl_memory *image, enum rsl_region region, const char *name,
                bool (*answers)(const struct rsl_memory_tensor *t, const char *name)) {
    const struct rsl_memory_region *r = &image->region[region];
    int found = RSL_ABSENT;
    for (int i = r->first; i < r->first + r->n; i++) {
        if (!answers(&image->tensors[i], name)) continue;
        if (found != RSL_ABSENT) return SEVERAL;
        found = i;
    }
    return found;
}

static int by_index(const struct rsl_memory *image, enum rsl_region region, const char *name) {
    int index;
    const char *rest = index_in(name, &index);
    const struct rsl_memory_region *r = &image->region[region];
    if (region != RSL_REGION_WEIGHTS || !rest || *rest || index >= r->n) return RSL_ABSENT;
    return r->first + index;
}

static int by_name(const struct rsl_memory *image, enum rsl_region region, const char *name) {
    int i = rsl_memory_find(image, region, name);
    if (i == RSL_ABSENT) i = only(image, region, name, has_stem);
    if (i == RSL_ABSENT) i = only(image, region, name, has_node);
    return i;
}

static int look_up(const struct rsl_memory *image, enum rsl_region region, const char *name) {
    const char *stripped = rsl_module_stripped(name);
    int i = by_name(image, region, name);
    if (i == RSL_ABSENT) i = by_index(image, region, name);
    if (i == RSL_ABSENT && stripped != name) i = by_name(image, region, stripped);
    if (i == RSL_ABSENT) i = only(image, region, stripped, has_module);
    return i;
}

/* The constant of that name, when only one region has it. */
static int elsewhere(const struct rsl_memory *image, const char *name) {
    int found = RSL_ABSENT;
    for (enum rsl_region r = 0; r < RSL_REGIONS; r++) {
        int i = rsl_memory_find(image, r, name);
        if (i == RSL_ABSENT) continue;
        if (found != RSL_ABSENT) return RSL_ABSENT;
        found = i;
    }
    return found;
}

/* A tensor that answers to the name in another region than the one it was looked for in. */
static int misplaced(const struct rsl_memory *image, enum rsl_region region, const char *name) {
    for (int i = 0; i < image->n; i++) {
        const struct rsl_memory_tensor *t = &image->tensors[i];
        bool called = strcmp(t->name, name) == 0 || has_stem(t, name) || has_node(t, name);
        if (t->region != region && called) return i;
    }
    return RSL_ABSENT;
}

static int not_found(const struct rsl_memory *image, enum rsl_region region, const char *name) {
    char nearest[RSL_NEAREST_TEXT];
    const char *regions = rsl_region_name(region);
    int i = misplaced(image, region, rsl_module_stripped(name));
    if (i == RSL_ABSENT)
        return rsl_fail(RSL_ENOTFOUND, "the %s have no layer '%.100s'; the nearest are %s", regions,
                        name, rsl_layer_nearest(image, 1u << region, name, nearest));
    const struct rsl_memory_tensor *t = &image->tensors[i];
    return rsl_fail(RSL_ENOTFOUND, "the %s have no layer '%.100s', but there is '%s:%.100s'",
                    regions, name, rsl_region_name(t->region), t->name);
}

int rsl_layer_find(const struct rsl_memory *image, const char *text) {
    enum rsl_region region = RSL_REGION_WEIGHTS;
    const char *name = text;
    for (enum rsl_region r = 0; r < RSL_REGIONS; r++) {
        size_t n = strlen(rsl_region_name(r));
        if (strncmp(text, rsl_region_name(r), n) != 0 || text[n] != ':') continue;
        region = r;
        name = text + n + 1;
    }
    int i = look_up(image, region, name);
    if (i == RSL_ABSENT && name == text) i = elsewhere(image, name);
    if (i == RSL_ABSENT && name == text) i = elsewhere(image, rsl_module_stripped(name));
    if (i == SEVERAL)
        return rsl_fail(RSL_EARG,
                        "several tensors of the %s are called '%.100s.': write one's "
                        "whole name",
                        rsl_region_name(region), name);
    return i == RSL_ABSENT ? not_found(image, region, name) : i;
}

void rsl_layer_name(const struct rsl_memory *image, int tensor, struct rsl_text *text) {
    const struct rsl_memory_tensor *t = &image->tensors[tensor];
    bool weights = t->region == RSL_REGION_WEIGHTS;
    struct rsl_text stem = {0};
    rsl_text_add(&stem, t->name, stem_length(t->name));
    /* Failures set the thread's sentence; it means nothing unless a caller fails as well. */
    bool short_form = weights && stem.n > 0 && rsl_layer_find(image, stem.at) == tensor;
    if (short_form)
        rsl_text_puts(text, stem.at);
    else if (weights && rsl_layer_find(image, t->name) == tensor)
        rsl_text_puts(text, t->name);
    else
        rsl_text_printf(text, "%s:%s", rsl_region_name(t->region), t->name);
    if (stem.status < 0) text->status = stem.status;
    rsl_text_free(&stem);
}

int rsl_layer_names(const struct rsl_memory *image, struct rsl_arena *arena, const char ***names) {
    const char **at = *names = rsl_arena_array(arena, (size_t)image->n, sizeof *at);
    if (!at) return RSL_ENOMEM;
    for (int i = 0; i < image->n; i++) {
        struct rsl_text name = {0};
        rsl_layer_name(image, i, &name);
        if (name.status == RSL_OK) at[i] = rsl_arena_strdup(arena, name.at);
        rsl_text_free(&name);
        if (!at[i]) return RSL_ENOMEM;
    }
    return RSL_OK;
}

/* ---- did you mean ---- */

const char *rsl_layer_nearest(const struct rsl_memory *image, unsigned regions, const char *word,
                              char text[RSL_NEAREST_TEXT]) {
    struct rsl_near near = {0};
    for (int i = 0; i < image->n; i++) {
        const struct rsl_memory_tensor *t = &image->tensors[i];
        if (!(regions >> t->region & 1)) continue;
        char stem[64];
        snprintf(stem, sizeof stem, "%.*s", (int)stem_length(t->name), t->name);
        int d = rsl_edit_distance(word, t->name), s = rsl_edit_distance(word, stem);
        rsl_near_offer(&near, t->name, stem[0] && s < d ? s : d);
    }
    return rsl_near_text(&near, text);
}
