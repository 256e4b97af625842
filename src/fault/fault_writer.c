/* Fault lists that a client of the library fills; see resile/fault.h. */
#include "base/alloc.h"
#include "base/status.h"
#include "base/text.h"
#include "fault/fault_list.h"
#include "graph/model.h"
#include "memory/layer_name.h"
#include "memory/stored.h"

#include <string.h>

struct rsl_fault_writer {
    struct rsl_arena arena;
    struct rsl_memory *image;
    const char **layers; /* names of the image's tensors */
    struct rsl_fault_list list;
};

/* The image's geometry is the campaign's; its bits do not matter here. */
static int build(struct rsl_fault_writer *w, const struct rsl_model *m, const char *storage) {
    struct rsl_mix mix;
    RSL_TRY(rsl_model_image(&w->image, &mix, m, storage, NULL));
    rsl_mix_free(&mix);
    return rsl_layer_names(w->image, &w->arena, &w->layers);
}

int rsl_fault_writer_new(struct rsl_fault_writer **writer, const struct rsl_model *model,
                         const char *storage) {
    struct rsl_fault_writer *w = *writer = rsl_calloc(1, sizeof *w);
    if (!w) return RSL_ENOMEM;
    rsl_fault_list_init(&w->list);
    int rc = build(w, model, storage);
    if (rc < 0) {
        rsl_fault_writer_free(w);
        *writer = NULL;
    }
    return rc;
}

void rsl_fault_writer_free(struct rsl_fault_writer *w) {
    if (!w) return;
    rsl_fault_list_free(&w->list);
    rsl_memory_free(w->image);
    rsl_arena_free(&w->arena);
    rsl_free(w);
}

int64_t rsl_fault_writer_bits(const struct rsl_fault_writer *w) {
    return w->image->bits;
}

int rsl_fault_writer_parts(const struct rsl_fault_writer *w) {
    return w->image->n;
}

int rsl_fault_writer_part(const struct rsl_fault_writer *w, int i, struct rsl_fault_part *part) {
    if (i < 0 || i >= w->image->n)
        return rsl_fail(RSL_EARG, "there is no part %d of the memory, which has %d", i,
                        w->image->n);
    const struct rsl_memory_tensor *t = &w->image->tensors[i];
    *part = (struct rsl_fault_part){
        .region = rsl_region_name(t->region),
        .layer = w->layers[i],
        .address = t->address,
        .bits = t->groups.stored,
        .elements = t->count,
    };
    return RSL_OK;
}

static int effect_of(const char *name, enum rsl_effect *effect) {
    for (enum rsl_effect e = RSL_FLIP; e <= RSL_STUCK_1; e++) {
        if (strcmp(name, rsl_effect_name(e)) != 0) continue;
        *effect = e;
        return RSL_OK;
    }
    return rsl_fail(RSL_EARG, "a fault's effect is flip, stuck0 or stuck1, not '%.40s'", name);
}

int rsl_fault_writer_add(struct rsl_fault_writer *w, int64_t trial, int64_t address,
                         const char *effect) {
    struct rsl_fault fault = {.address = address};
    const struct rsl_faults one = {.at = &fault, .n = 1};
    if (trial < 0)
        return rsl_fail(RSL_EARG, "a trial's number is negative: %lld", (long long)trial);
    if (address < 0 || address >= w->image->bits)
        return rsl_fail(RSL_EARG, "address %lld is outside the memory's %lld bits",
                        (long long)address, (long long)w->image->bits);
    RSL_TRY(effect_of(effect, &fault.effect));
    return rsl_fault_list_add(&w->list, w->image, trial, &one);
}

int rsl_fault_writer_save(const struct rsl_fault_writer *w, const char *path) {
    return rsl_fault_list_write(&w->list, path);
}
