/* Opcodes for lists, tuples, dicts and sets (which are lists here), and for the stack itself. */
#include "io/pickle_machine.h"

#include "base/vec.h"

int rsl_pickle_op_mark(struct rsl_pickle_machine *m, int op) {
    (void)op;
    if (m->marks.n >= m->limit) return malformed("more than %zu marks", m->limit);
    return rsl_vec_push(&m->marks, m->stack.n);
}

int rsl_pickle_op_empty(struct rsl_pickle_machine *m, int op) {
    enum rsl_pickle_kind kind = op == ']' || op == 0x8f ? RSL_PICKLE_LIST
                                : op == '}'             ? RSL_PICKLE_DICT
                                                        : RSL_PICKLE_TUPLE;
    value *v;
    RSL_TRY(rsl_pickle_make(m, kind, &v));
    return rsl_pickle_push(m, v);
}

/* TUPLE, LIST and DICT from everything above the mark. */
int rsl_pickle_op_marked(struct rsl_pickle_machine *m, int op) {
    value **items;
    size_t n;
    enum rsl_pickle_kind kind = op == 'l'   ? RSL_PICKLE_LIST
                                : op == 'd' ? RSL_PICKLE_DICT
                                            : RSL_PICKLE_TUPLE;
    RSL_TRY(rsl_pickle_pop_mark(m, &items, &n));
    return rsl_pickle_push_items(m, kind, items, n);
}

/* TUPLE1, TUPLE2, TUPLE3 */
int rsl_pickle_op_tuple(struct rsl_pickle_machine *m, int op) {
    value *items[3];
    size_t n = (size_t)(op - 0x84);
    for (size_t i = n; i > 0; i--) RSL_TRY(rsl_pickle_pop(m, &items[i - 1]));
    return rsl_pickle_push_items(m, RSL_PICKLE_TUPLE, items, n);
}

/* Objects take items too: those that take them by key are dicts (a defaultdict is); the items of
 * other objects are dropped. */
static int append_to(struct rsl_pickle_machine *m, enum rsl_pickle_kind kind, value *const *items,
                     size_t n) {
    value *v;
    RSL_TRY(rsl_pickle_top(m, &v));
    if (v->kind == RSL_PICKLE_CALL && kind == RSL_PICKLE_DICT)
        *v = (value){.kind = RSL_PICKLE_DICT};
    if (v->kind == RSL_PICKLE_CALL) return RSL_OK;
    if (v->kind != kind) return malformed("the pickle puts items into what is no list or dict");
    if (kind == RSL_PICKLE_DICT && n % 2) return malformed("a dict has a key without a value");
    return rsl_pickle_append(m, v, items, n);
}

int rsl_pickle_op_append(struct rsl_pickle_machine *m, int op) {
    value *items[2];
    size_t n = op == 'a' ? 1 : 2;
    for (size_t i = n; i > 0; i--) RSL_TRY(rsl_pickle_pop(m, &items[i - 1]));
    return append_to(m, op == 'a' ? RSL_PICKLE_LIST : RSL_PICKLE_DICT, items, n);
}

int rsl_pickle_op_appends(struct rsl_pickle_machine *m, int op) {
    value **items;
    size_t n;
    RSL_TRY(rsl_pickle_pop_mark(m, &items, &n));
    return append_to(m, op == 'u' ? RSL_PICKLE_DICT : RSL_PICKLE_LIST, items, n);
}

int rsl_pickle_op_pop(struct rsl_pickle_machine *m, int op) {
    value *v, **items;
    size_t n;
    /* POP takes the mark when nothing lies above it, as pickle.py does */
    if (op == '1' || (rsl_pickle_height(m) == 0 && m->marks.n))
        return rsl_pickle_pop_mark(m, &items, &n);
    return rsl_pickle_pop(m, &v);
}

int rsl_pickle_op_dup(struct rsl_pickle_machine *m, int op) {
    (void)op;
    value *v;
    RSL_TRY(rsl_pickle_top(m, &v));
    return rsl_pickle_push(m, v);
}
