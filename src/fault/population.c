/* See population.h. */
#include "fault/population.h"

#include "base/alloc.h"
#include "base/status.h"
#include "memory/layer_name.h"

#include <assert.h>
#include <stdio.h>

enum { REGIONS_TEXT = 80 };

/* ---- which tensors ---- */

static bool chosen_region(const struct rsl_memory *image, int tensor,
                          const struct rsl_selection *s) {
    return s->regions >> image->tensors[tensor].region & 1;
}

struct candidate {
    const struct rsl_memory *image;
    int tensor;
};

static bool answers(void *context, int k, const char *pattern) {
    const struct candidate *c = context;
    (void)k;
    return rsl_layer_matches(c->image, c->tensor, pattern);
}

static bool chosen(const struct rsl_memory *image, int tensor, const struct rsl_selection *s) {
    struct candidate c = {image, tensor};
    return chosen_region(image, tensor, s) &&
           rsl_patterns_choose(s->patterns, s->n_patterns, answers, &c);
}

/* The regions that have a layer of that name. */
static unsigned regions_with(const struct rsl_memory *image, const char *pattern) {
    unsigned regions = 0;
    for (int i = 0; i < image->n; i++)
        if (rsl_layer_matches(image, i, pattern)) regions |= 1u << image->tensors[i].region;
    return regions;
}

/* "biases,norms" */
static const char *list_regions(unsigned regions, char text[REGIONS_TEXT]) {
    int n = 0;
    text[0] = 0;
    for (int r = 0; r < RSL_REGIONS; r++)
        if (regions >> r & 1)
            n += snprintf(text + n, REGIONS_TEXT - (size_t)n, "%s%s", n ? "," : "",
                          rsl_region_name((enum rsl_region)r));
    return text;
}

static int check_patterns(const struct rsl_memory *image, const struct rsl_selection *s) {
    char nearest[RSL_NEAREST_TEXT], there[REGIONS_TEXT];
    for (int k = 0; k < s->n_patterns; k++) {
        const char *pattern = s->patterns[k] + (s->patterns[k][0] == '!');
        unsigned regions = regions_with(image, pattern);
        if (regions & s->regions) continue;
        if (regions)
            return rsl_fail(RSL_ENOTFOUND,
                            "no layer of the chosen regions is called '%.100s', but one is with "
                            "regions=%s",
                            pattern, list_regions(regions, there));
        return rsl_fail(RSL_ENOTFOUND,
                        "no layer of the chosen regions is called '%.100s'; the nearest are %s",
                        pattern, rsl_layer_nearest(image, s->regions, pattern, nearest));
    }
    return RSL_OK;
}

/* ---- which bits ---- */

static struct rsl_population_part part_of(const struct rsl_memory *image, int tensor,
                                          const struct rsl_selection *s) {
    const struct rsl_memory_tensor *t = &image->tensors[tensor];
    struct rsl_population_part part = {.tensor = tensor, .bits = t->groups.stored};
    if (!s->some_positions) return part;
    int stored = rsl_memory_weight_bits(t), top = t->storage.encoding.bits - 1;
    assert(stored <= RSL_MAX_POSITIONS);
    for (int b = 0; b < stored; b++)
        if (s->positions[b] || (s->top && b == top)) part.position[part.positions++] = (uint8_t)b;
    part.bits = t->count * part.positions;
    return part;
}

static int check_positions(const struct rsl_memory *image, const struct rsl_selection *s) {
    int widest = 0;
    for (int i = 0; i < image->n; i++) {
        int stored = chosen(image, i, s) ? rsl_memory_weight_bits(&image->tensors[i]) : 0;
        if (stored > widest) widest = stored;
    }
    for (int b = widest; b < RSL_MAX_POSITIONS && widest > 0; b++)
        if (s->positions[b])
            return rsl_fail(RSL_EARG,
                            "no chosen layer has bit %d; they store at most %d bits for an "
                            "element, 0 to %d",
                            b, widest, widest - 1);
    return RSL_OK;
}

static int check_any(const struct rsl_fault_population *p, const struct rsl_selection *s) {
    char regions[REGIONS_TEXT];
    if (p->bits > 0) return RSL_OK;
    return rsl_fail(RSL_EARG, "there is no bit to strike: the model has nothing in %s%s",
                    list_regions(s->regions, regions),
                    s->n_patterns || s->some_positions ? " that the options leave" : "");
}

int rsl_population_init(struct rsl_fault_population *p, const struct rsl_memory *image,
                        const struct rsl_selection *s) {
    *p = (struct rsl_fault_population){0};
    RSL_TRY(check_patterns(image, s));
    if (s->some_positions) RSL_TRY(check_positions(image, s));
    struct rsl_population_part *parts = rsl_calloc((size_t)image->n, sizeof *parts);
    if (!parts) return RSL_ENOMEM;
    for (int i = 0; i < image->n; i++) {
        if (!chosen(image, i, s)) continue;
        struct rsl_population_part part = part_of(image, i, s);
        if (part.bits == 0) continue;
        part.first = p->bits;
        p->bits += part.bits;
        parts[p->n++] = part;
    }
    p->parts = parts;
    int rc = check_any(p, s);
    if (rc < 0) rsl_population_free(p);
    return rc;
}

void rsl_population_free(struct rsl_fault_population *p) {
    rsl_free(p->parts);
    *p = (struct rsl_fault_population){0};
}

/* ---- addresses ---- */

int64_t rsl_population_address(const struct rsl_fault_population *p, const struct rsl_memory *image,
                               int64_t index) {
    assert(index >= 0 && index < p->bits);
    int low = 0, high = p->n; /* the last part that begins at or before index */
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (p->parts[middle].first <= index)
            low = middle;
        else
            high = middle;
    }
    const struct rsl_population_part *part = &p->parts[low];
    int64_t k = index - part->first;
    if (part->positions == 0) return image->tensors[part->tensor].address + k;
    return rsl_memory_weight_address(image, part->tensor, k / part->positions,
                                     part->position[k % part->positions]);
}

static const struct rsl_population_part *part_with(const struct rsl_fault_population *p,
                                                   int tensor) {
    for (int i = 0; i < p->n; i++)
        if (p->parts[i].tensor == tensor) return &p->parts[i];
    return NULL;
}

bool rsl_population_has(const struct rsl_fault_population *p, const struct rsl_memory *image,
                        int64_t address) {
    struct rsl_cell cell = rsl_memory_locate(image, address);
    const struct rsl_population_part *part = part_with(p, cell.tensor);
    if (!part || part->positions == 0) return part != NULL;
    bool stream = image->tensors[cell.tensor].storage.protection.kind->stream;
    if (stream && cell.role.kind != RSL_BIT_DATA) return false;
    int position = stream ? cell.role.bit : cell.b;
    for (int i = 0; i < part->positions; i++)
        if (part->position[i] == position) return true;
    return false;
}
