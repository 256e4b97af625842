/* Which of a checkpoint's dicts may be the state dict: a dict with tensors
 *
 *   1. under one of the usual names, if it is alone there, else
 *   2. the one that is asked, unless one inside of it has more (an accuracy beside the state dict
 *      is a tensor too), else
 *   3. each that is found inside.
 *
 * The root may be a list or tuple that holds the dict beside an epoch. Lists inside of dicts and
 * dicts by number are an optimizer's, and are not entered. */
#include "io/torch_state.h"

#include "base/status.h"
#include "base/vec.h"

#include <stdio.h>
#include <string.h>

typedef struct rsl_pickle_value value;

/* Nested deeper than any checkpoint. */
enum { SEARCH_DEPTH = 16 };

static bool is_sequence(const value *v) {
    return v->kind == RSL_PICKLE_LIST || v->kind == RSL_PICKLE_TUPLE;
}

static size_t count_tensors(const value *dict, bool arrays) {
    size_t n = 0;
    for (size_t i = 0; i < dict->items.n; i += 2)
        n += rsl_pickle_is_text(dict->items.at[i]) &&
             rsl_torch_is_tensor(dict->items.at[i + 1], arrays);
    return n;
}

static int visit(struct rsl_torch_search *s, value *v, const char *path, int depth);

static int visit_key(struct rsl_torch_search *s, value *child, const char *path, const char *key,
                     int depth) {
    char longer[sizeof s->found.at->path];
    if (child->kind != RSL_PICKLE_DICT) return RSL_OK;
    snprintf(longer, sizeof longer, "%s%s%.60s", path, *path ? "." : "", key);
    return visit(s, child, longer, depth + 1);
}

static int visit_sequence(struct rsl_torch_search *s, const value *v, const char *path, int depth) {
    char longer[sizeof s->found.at->path];
    for (size_t i = 0; i < v->items.n; i++) {
        value *child = v->items.at[i];
        if (child->kind != RSL_PICKLE_DICT && !is_sequence(child)) continue;
        snprintf(longer, sizeof longer, "%s[%zu]", path, i);
        RSL_TRY(visit(s, child, longer, depth + 1));
    }
    return RSL_OK;
}

/* Stops at the first usual name under which there is one dict with tensors: `found` keeps it, and
 * not the several that other names gave. */
static int visit_usual(struct rsl_torch_search *s, const value *v, const char *path, int depth,
                       bool *settled) {
    static const char *const usual[] = {
        "state_dict", "model_state_dict", "model_state", "net_state_dict", "net",   "model",
        "module",     "network",          "params",      "weights",        "state", "ema",
        "model_ema",  "state_dict_ema"};
    size_t first = s->found.n;
    *settled = false;
    for (size_t i = 0; i < sizeof usual / sizeof *usual && !*settled; i++) {
        value *child = rsl_pickle_get(v, usual[i]);
        size_t before = s->found.n;
        if (!child) continue;
        RSL_TRY(visit_key(s, child, path, usual[i], depth));
        *settled = s->found.n == before + 1;
    }
    if (!*settled) return RSL_OK;
    s->found.at[first] = s->found.at[s->found.n - 1];
    s->found.n = first + 1;
    return RSL_OK;
}

static int visit_dict(struct rsl_torch_search *s, const value *v, const char *path, int depth) {
    size_t before = s->found.n, own = count_tensors(v, s->arrays), most = 0;
    bool settled;
    RSL_TRY(visit_usual(s, v, path, depth, &settled));
    if (settled) return RSL_OK;
    for (size_t i = 0; i < v->items.n; i += 2) {
        const value *key = v->items.at[i];
        if (rsl_pickle_is_text(key))
            RSL_TRY(visit_key(s, v->items.at[i + 1], path, key->text.at, depth));
    }
    for (size_t i = before; i < s->found.n; i++)
        if (s->found.at[i].tensors > most) most = s->found.at[i].tensors;
    if (own == 0 || most > own) return RSL_OK;
    s->found.n = before;
    struct rsl_torch_found found = {.dict = v, .tensors = own};
    snprintf(found.path, sizeof found.path, "%s", path);
    return rsl_vec_push(&s->found, found);
}

/* Each value once in a search, whatever shares it and even when it contains itself. */
static int visit(struct rsl_torch_search *s, value *v, const char *path, int depth) {
    unsigned char mark = s->arrays ? 2 : 1;
    if (depth > SEARCH_DEPTH || v->mark == mark) return RSL_OK;
    v->mark = mark;
    if (v->kind == RSL_PICKLE_DICT) return visit_dict(s, v, path, depth);
    return is_sequence(v) ? visit_sequence(s, v, path, depth) : RSL_OK;
}

int rsl_torch_search(struct rsl_torch_search *s, value *root) {
    RSL_TRY(visit(s, root, "", 0));
    if (s->found.n) return RSL_OK;
    s->arrays = true;
    return visit(s, root, "", 0);
}
