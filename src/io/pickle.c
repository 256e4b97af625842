/* See pickle.h. */
#include "io/pickle.h"

#include "base/alloc.h"
#include "io/pickle_machine.h"

#include <string.h>

static const struct opcode {
    const char *name;
    int (*run)(struct rsl_pickle_machine *m, int op); /* NULL: refused */
} opcodes[256] = {
#define OPCODE(code, name, run) [code] = {#name, rsl_pickle_op_##run},
#define REFUSED(code, name)     [code] = {#name, NULL},
#include "io/pickle_opcodes.def"
#undef OPCODE
#undef REFUSED
};

static int step(struct rsl_pickle_machine *m) {
    const uint8_t *op;
    m->start = m->at;
    if (m->at == m->size) return malformed("the pickle ends without STOP");
    RSL_TRY(rsl_pickle_take(m, 1, &op));
    const struct opcode *o = &opcodes[*op];
    if (o->run) return o->run(m, *op);
    return rsl_fail(RSL_EUNSUPPORTED, "opcode %s (0x%02x) is refused: checkpoints do not need it",
                    o->name ? o->name : "unknown", *op);
}

int rsl_pickle_parse(struct rsl_pickle *p, struct rsl_arena *arena, const uint8_t *data,
                     size_t size, size_t file_size) {
    struct rsl_pickle_machine m = {
        .arena = arena, .data = data, .size = size, .limit = rsl_pickle_limit(file_size)};
    int rc = RSL_OK;
    *p = (struct rsl_pickle){0};
    while (!m.stopped && rc == RSL_OK) rc = step(&m);
    if (rc < 0) {
        rsl_fail_in(rc, "pickle byte %zu", m.start);
        goto out;
    }
    p->root = m.stack.at[0];
    p->used = m.at;
    p->n_persistent = m.persistent.n;
    p->persistent = rsl_arena_memdup(arena, m.persistent.at, m.persistent.n * sizeof(value *));
    rc = p->persistent ? RSL_OK : RSL_ENOMEM;
out:
    rsl_free(m.stack.at);
    rsl_free(m.marks.at);
    rsl_free(m.memo.at);
    rsl_free(m.persistent.at);
    return rc;
}

bool rsl_pickle_is_text(const value *v) {
    return v->kind == RSL_PICKLE_TEXT && strlen(v->text.at) == v->text.n;
}

bool rsl_pickle_is(const value *v, const char *module, const char *name) {
    return v->kind == RSL_PICKLE_GLOBAL && strcmp(v->global.module, module) == 0 &&
           strcmp(v->global.name, name) == 0;
}

value *rsl_pickle_get(const value *dict, const char *key) {
    if (dict->kind != RSL_PICKLE_DICT) return NULL;
    size_t length = strlen(key);
    for (size_t i = 0; i < dict->items.n; i += 2) {
        const value *k = dict->items.at[i];
        bool named = k->kind == RSL_PICKLE_TEXT || k->kind == RSL_PICKLE_BYTES;
        if (named && k->text.n == length && memcmp(k->text.at, key, length) == 0)
            return dict->items.at[i + 1];
    }
    return NULL;
}
