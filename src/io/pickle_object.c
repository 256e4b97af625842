/* Opcodes for what is shared (memo), named (globals) and made by calls, which are never made. */
#include "io/pickle_machine.h"

#include "base/vec.h"

#include <string.h>

/* ---- memo ---- */

static int memo_index(struct rsl_pickle_machine *m, int op, uint64_t *i) {
    if (op == 'q' || op == 'h') return rsl_pickle_take_uint(m, 1, i);
    if (op == 'r' || op == 'j') return rsl_pickle_take_uint(m, 4, i);
    const char *line;
    size_t n;
    RSL_TRY(rsl_pickle_take_line(m, &line, &n));
    *i = 0;
    for (size_t k = 0; k < n; k++) {
        if (line[k] < '0' || line[k] > '9') return malformed("a memo index is no number");
        *i = *i * 10 + (uint64_t)(line[k] - '0');
        if (*i >= m->limit) break;
    }
    return n ? RSL_OK : malformed("a memo index is no number");
}

int rsl_pickle_op_put(struct rsl_pickle_machine *m, int op) {
    uint64_t i = m->memo.n; /* MEMOIZE takes the next */
    value *v;
    if (op != 0x94) RSL_TRY(memo_index(m, op, &i));
    RSL_TRY(rsl_pickle_top(m, &v));
    if (i >= m->limit) return malformed("a memo index is beyond %zu", m->limit);
    while (m->memo.n <= i) RSL_TRY(rsl_vec_push(&m->memo, NULL));
    m->memo.at[i] = v;
    return RSL_OK;
}

int rsl_pickle_op_get(struct rsl_pickle_machine *m, int op) {
    uint64_t i;
    RSL_TRY(memo_index(m, op, &i));
    if (i >= m->memo.n || !m->memo.at[i]) return malformed("memo item %d is not there", (int)i);
    return rsl_pickle_push(m, m->memo.at[i]);
}

/* ---- globals and objects ---- */

static int push_global(struct rsl_pickle_machine *m, const char *module, size_t module_n,
                       const char *name, size_t name_n) {
    value *v;
    RSL_TRY(rsl_pickle_make(m, RSL_PICKLE_GLOBAL, &v));
    v->global.module = rsl_arena_strndup(m->arena, module, module_n);
    v->global.name = rsl_arena_strndup(m->arena, name, name_n);
    if (!v->global.module || !v->global.name) return RSL_ENOMEM;
    if (strlen(v->global.module) != module_n || strlen(v->global.name) != name_n)
        return malformed("the name of a class has a zero inside");
    return rsl_pickle_push(m, v);
}

int rsl_pickle_op_global(struct rsl_pickle_machine *m, int op) {
    (void)op;
    const char *module, *name;
    size_t module_n, name_n;
    RSL_TRY(rsl_pickle_take_line(m, &module, &module_n));
    RSL_TRY(rsl_pickle_take_line(m, &name, &name_n));
    return push_global(m, module, module_n, name, name_n);
}

int rsl_pickle_op_stack_global(struct rsl_pickle_machine *m, int op) {
    (void)op;
    value *module, *name;
    RSL_TRY(rsl_pickle_pop(m, &name));
    RSL_TRY(rsl_pickle_pop(m, &module));
    if (name->kind != RSL_PICKLE_TEXT || module->kind != RSL_PICKLE_TEXT)
        return malformed("a class is not named by texts");
    return push_global(m, module->text.at, module->text.n, name->text.at, name->text.n);
}

/* OrderedDict() or, as Python 2 wrote it, OrderedDict([[key, value], ...]). */
static int push_ordered_dict(struct rsl_pickle_machine *m, const value *args) {
    RSL_TRY(rsl_pickle_push_items(m, RSL_PICKLE_DICT, NULL, 0));
    if (args->items.n == 0) return RSL_OK;
    const value *pairs = args->items.at[0];
    value *dict = m->stack.at[m->stack.n - 1];
    if (args->items.n > 1 || pairs->kind != RSL_PICKLE_LIST)
        return malformed("an OrderedDict is not made from a list of pairs");
    for (size_t i = 0; i < pairs->items.n; i++) {
        const value *pair = pairs->items.at[i];
        if ((pair->kind != RSL_PICKLE_LIST && pair->kind != RSL_PICKLE_TUPLE) || pair->items.n != 2)
            return malformed("an OrderedDict is not made from a list of pairs");
        RSL_TRY(rsl_pickle_append(m, dict, pair->items.at, 2));
    }
    return RSL_OK;
}

/* What calling would give: a value that says who would have been called with what. */
static int push_call(struct rsl_pickle_machine *m, value *callee, value *args) {
    if (args->kind != RSL_PICKLE_TUPLE) return malformed("the pickle calls without arguments");
    if (rsl_pickle_is(callee, "collections", "OrderedDict")) return push_ordered_dict(m, args);
    value *v;
    RSL_TRY(rsl_pickle_make(m, RSL_PICKLE_CALL, &v));
    v->call.callee = callee;
    v->call.args = args;
    return rsl_pickle_push(m, v);
}

/* REDUCE, NEWOBJ, and NEWOBJ_EX with arguments by name, which are dropped. */
int rsl_pickle_op_call(struct rsl_pickle_machine *m, int op) {
    value *callee, *args, *named;
    if (op == 0x92) RSL_TRY(rsl_pickle_pop(m, &named));
    RSL_TRY(rsl_pickle_pop(m, &args));
    RSL_TRY(rsl_pickle_pop(m, &callee));
    return push_call(m, callee, args);
}

/* OBJ and INST of protocols 0 and 1: arguments above the mark, the class before them or by name. */
int rsl_pickle_op_instance(struct rsl_pickle_machine *m, int op) {
    value *callee, *args;
    RSL_TRY(rsl_pickle_op_marked(m, 't'));
    RSL_TRY(rsl_pickle_pop(m, &args));
    if (op == 'i') {
        RSL_TRY(rsl_pickle_op_global(m, op));
        RSL_TRY(rsl_pickle_pop(m, &callee));
        return push_call(m, callee, args);
    }
    if (args->items.n == 0) return malformed("the pickle makes an object of no class");
    callee = *args->items.at++;
    args->items.n--;
    args->items.cap = args->items.n;
    return push_call(m, callee, args);
}

int rsl_pickle_op_build(struct rsl_pickle_machine *m, int op) {
    (void)op;
    value *state, *v;
    RSL_TRY(rsl_pickle_pop(m, &state));
    RSL_TRY(rsl_pickle_top(m, &v));
    if (v->kind == RSL_PICKLE_CALL)
        v->call.state = state;
    else if (v->kind != RSL_PICKLE_DICT)
        return malformed("the pickle sets the state of what is no object");
    return RSL_OK;
}

int rsl_pickle_op_persistent(struct rsl_pickle_machine *m, int op) {
    if (op == 'P') {
        const char *line;
        size_t n;
        RSL_TRY(rsl_pickle_take_line(m, &line, &n));
        RSL_TRY(rsl_pickle_push_text(m, RSL_PICKLE_TEXT, line, n));
    }
    value *id, *v;
    RSL_TRY(rsl_pickle_pop(m, &id));
    RSL_TRY(rsl_pickle_make(m, RSL_PICKLE_PERSISTENT, &v));
    v->id = id;
    RSL_TRY(rsl_pickle_push(m, v));
    return rsl_vec_push(&m->persistent, v);
}

int rsl_pickle_op_stop(struct rsl_pickle_machine *m, int op) {
    (void)op;
    value *v;
    RSL_TRY(rsl_pickle_top(m, &v));
    if (m->stack.n != 1 || m->marks.n) return malformed("the pickle stops with work left to do");
    m->stopped = true;
    return RSL_OK;
}
