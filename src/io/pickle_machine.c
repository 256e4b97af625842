/* See pickle_machine.h. */
#include "io/pickle_machine.h"

#include "base/vec.h"

#include <string.h>

/* ---- arguments ---- */

int rsl_pickle_take(struct rsl_pickle_machine *m, uint64_t n, const uint8_t **bytes) {
    if (n > m->size - m->at) return malformed("the pickle ends within an argument");
    *bytes = m->data + m->at;
    m->at += (size_t)n;
    return RSL_OK;
}

uint64_t rsl_pickle_little_endian(const uint8_t *bytes, size_t n) {
    uint64_t v = 0;
    while (n--) v = v << 8 | bytes[n];
    return v;
}

int rsl_pickle_take_uint(struct rsl_pickle_machine *m, size_t n, uint64_t *v) {
    const uint8_t *bytes;
    RSL_TRY(rsl_pickle_take(m, n, &bytes));
    *v = rsl_pickle_little_endian(bytes, n);
    return RSL_OK;
}

int rsl_pickle_take_line(struct rsl_pickle_machine *m, const char **line, size_t *n) {
    const uint8_t *start = m->data + m->at, *end = memchr(start, '\n', m->size - m->at);
    if (!end) return malformed("the pickle ends within a line");
    *line = (const char *)start;
    *n = (size_t)(end - start);
    m->at += *n + 1;
    return RSL_OK;
}

/* ---- the stack ---- */

int rsl_pickle_push(struct rsl_pickle_machine *m, value *v) {
    if (m->stack.n >= m->limit) return malformed("the pickle's stack grows beyond %zu", m->limit);
    return rsl_vec_push(&m->stack, v);
}

size_t rsl_pickle_height(const struct rsl_pickle_machine *m) {
    return m->stack.n - (m->marks.n ? m->marks.at[m->marks.n - 1] : 0);
}

int rsl_pickle_pop(struct rsl_pickle_machine *m, value **v) {
    if (rsl_pickle_height(m) == 0) return malformed("the pickle takes from an empty stack");
    *v = m->stack.at[--m->stack.n];
    return RSL_OK;
}

int rsl_pickle_top(struct rsl_pickle_machine *m, value **v) {
    if (rsl_pickle_height(m) == 0) return malformed("the pickle looks at an empty stack");
    *v = m->stack.at[m->stack.n - 1];
    return RSL_OK;
}

int rsl_pickle_pop_mark(struct rsl_pickle_machine *m, value ***items, size_t *n) {
    if (m->marks.n == 0) return malformed("the pickle takes a mark that was never set");
    *n = rsl_pickle_height(m);
    m->stack.n -= *n;
    m->marks.n--;
    *items = *n ? m->stack.at + m->stack.n : NULL;
    return RSL_OK;
}

/* ---- values ---- */

int rsl_pickle_make(struct rsl_pickle_machine *m, enum rsl_pickle_kind kind, value **v) {
    if (m->n_values++ >= m->limit)
        return malformed("the pickle has more than %zu values", m->limit);
    *v = rsl_arena_alloc(m->arena, sizeof **v);
    if (!*v) return RSL_ENOMEM;
    (*v)->kind = kind;
    return RSL_OK;
}

int rsl_pickle_push_text(struct rsl_pickle_machine *m, enum rsl_pickle_kind kind, const void *bytes,
                         size_t n) {
    value *v;
    RSL_TRY(rsl_pickle_make(m, kind, &v));
    v->text.at = rsl_arena_strndup(m->arena, bytes, n);
    v->text.n = n;
    return v->text.at ? rsl_pickle_push(m, v) : RSL_ENOMEM;
}

static int count_items(struct rsl_pickle_machine *m, size_t n) {
    m->n_items += n;
    if (m->n_items <= m->limit * 2) return RSL_OK;
    return malformed("the pickle's containers have more than %zu items", m->limit * 2);
}

/* Outgrown arrays stay in the arena, together at most as large as the last one. */
int rsl_pickle_append(struct rsl_pickle_machine *m, value *v, value *const *items, size_t n) {
    RSL_TRY(count_items(m, n));
    if (v->items.cap - v->items.n < n) {
        size_t cap = (v->items.n + n) * 2;
        value **grown = rsl_arena_array(m->arena, cap, sizeof *grown);
        if (!grown) return RSL_ENOMEM;
        if (v->items.n) memcpy(grown, v->items.at, v->items.n * sizeof *grown);
        v->items.at = grown;
        v->items.cap = cap;
    }
    if (n) memcpy(v->items.at + v->items.n, items, n * sizeof *items);
    v->items.n += n;
    return RSL_OK;
}

int rsl_pickle_push_items(struct rsl_pickle_machine *m, enum rsl_pickle_kind kind,
                          value *const *items, size_t n) {
    if (kind == RSL_PICKLE_DICT && n % 2) return malformed("a dict has a key without a value");
    RSL_TRY(count_items(m, n));
    value *v;
    RSL_TRY(rsl_pickle_make(m, kind, &v));
    v->items.at = rsl_arena_array(m->arena, n, sizeof *items);
    if (!v->items.at) return RSL_ENOMEM;
    if (n) memcpy(v->items.at, items, n * sizeof *items);
    v->items.n = v->items.cap = n;
    return rsl_pickle_push(m, v);
}
