/* See map.h. FNV-1a, linear probing, no deletion. */
#include "base/map.h"

#include "base/alloc.h"
#include "base/status.h"

#include <string.h>

static uint64_t hash(const char *key) {
    uint64_t h = 14695981039346656037u;
    for (; *key; key++) h = (h ^ (unsigned char)*key) * 1099511628211u;
    return h ^ h >> 32;
}

static struct rsl_map_slot *find(struct rsl_map_slot *slots, size_t cap, const char *key) {
    size_t i = hash(key) & (cap - 1);
    while (slots[i].key && strcmp(slots[i].key, key) != 0) i = (i + 1) & (cap - 1);
    return &slots[i];
}

void rsl_map_free(struct rsl_map *m) {
    rsl_free(m->slots);
    *m = (struct rsl_map){0};
}

static int grow(struct rsl_map *m) {
    size_t cap = m->cap ? m->cap * 2 : 16;
    struct rsl_map_slot *slots = rsl_calloc(cap, sizeof *slots);
    if (!slots) return RSL_ENOMEM;
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].key) *find(slots, cap, m->slots[i].key) = m->slots[i];
    rsl_free(m->slots);
    m->slots = slots;
    m->cap = cap;
    return RSL_OK;
}

int rsl_map_set(struct rsl_map *m, const char *key, int64_t value) {
    if ((m->n + 1) * 4 > m->cap * 3) RSL_TRY(grow(m));
    struct rsl_map_slot *slot = find(m->slots, m->cap, key);
    if (!slot->key) m->n++;
    *slot = (struct rsl_map_slot){key, value};
    return RSL_OK;
}

int64_t rsl_map_get(const struct rsl_map *m, const char *key) {
    if (!m->cap) return -1;
    const struct rsl_map_slot *slot = find(m->slots, m->cap, key);
    return slot->key ? slot->value : -1;
}
