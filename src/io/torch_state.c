/* From the values of a checkpoint's pickle to named tensors; see torch.h. */
#include "io/torch_state.h"

#include "base/log.h"
#include "base/status.h"
#include "base/text.h"
#include "base/vec.h"

#include <string.h>

typedef struct rsl_pickle_value value;

/* ---- none ---- */

/* A class as such, or as the stream names a whole module's: ('module', class, file, text). */
static const value *class_of(const value *callee) {
    if (callee->kind == RSL_PICKLE_PERSISTENT && callee->id->kind == RSL_PICKLE_TUPLE &&
        callee->id->items.n > 1)
        callee = callee->id->items.at[1];
    return callee->kind == RSL_PICKLE_GLOBAL ? callee : NULL;
}

/* The class of an object: of the root, or of the first entry that is one. */
static const value *find_class(const value *root) {
    bool dict = root->kind == RSL_PICKLE_DICT;
    bool container = dict || root->kind == RSL_PICKLE_LIST || root->kind == RSL_PICKLE_TUPLE;
    for (size_t i = dict; container && i < root->items.n; i += 1 + dict)
        if (root->items.at[i]->kind == RSL_PICKLE_CALL) {
            root = root->items.at[i];
            break;
        }
    return root->kind == RSL_PICKLE_CALL ? class_of(root->call.callee) : NULL;
}

static int no_state(const value *root) {
    const value *class = find_class(root);
    if (class)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "an object of class '%s.%s' is refused: only tensors and plain containers "
                        "are read, code never is; load the file in PyTorch and save "
                        "model.state_dict() alone, or export the network to ONNX",
                        class->global.module, class->global.name);
    return rsl_fail(RSL_EFORMAT, "%s",
                    root->kind == RSL_PICKLE_DICT
                        ? "no dict of the checkpoint holds tensors"
                        : "the checkpoint holds no dict but something else");
}

/* ---- several ---- */

typedef struct rsl_torch_found found;

/* More are neither compared, which costs as much for each as matching its names does, nor named. */
enum { MOST_RIVALS = 8 };

/* The largest ones, falling, in `top`; returns how many. *lost: tensors of the largest other. */
static size_t take_largest(const struct rsl_torch_search *s, const found *top[MOST_RIVALS],
                           size_t *lost) {
    size_t n = 0;
    *lost = 0;
    for (size_t i = 0; i < s->found.n; i++) {
        const found *f = &s->found.at[i], *least = n ? top[n - 1] : NULL;
        size_t at = n;
        while (at > 0 && top[at - 1]->tensors < f->tensors) at--;
        if (n < MOST_RIVALS)
            n++;
        else
            *lost = at == n ? (*lost > f->tensors ? *lost : f->tensors) : least->tensors;
        if (at == n) continue;
        memmove(top + at + 1, top + at, (n - 1 - at) * sizeof *top);
        top[at] = f;
    }
    return n;
}

/* Names the dicts; where their fits are known, those of that fit. */
static int refuse_rivals(const found *const *top, size_t n, const int64_t *fits, int64_t fit) {
    struct rsl_text names = {0};
    size_t named = 0;
    for (size_t i = 0; i < n; i++)
        if (!fits || fits[i] == fit)
            rsl_text_printf(&names, "%s'%s'", named++ ? ", " : "", top[i]->path);
    int rc = names.status;
    if (rc == RSL_OK)
        rc = rsl_fail(RSL_EUNSUPPORTED, "several dicts hold tensors%s (%s); save one alone",
                      fits ? " and fit the network equally well" : "", names.at);
    rsl_text_free(&names);
    return rc;
}

/* Names and shapes are enough; what cannot be read does not count. */
static int64_t measure(const struct rsl_tensors *ts, const value *dict, bool arrays) {
    struct rsl_tensors names = RSL_TENSORS_INIT;
    int64_t rc = RSL_OK;
    for (size_t i = 0; i < dict->items.n && rc != RSL_ENOMEM; i += 2) {
        const value *key = dict->items.at[i], *v = dict->items.at[i + 1];
        struct rsl_tensor t = {0};
        if (rsl_pickle_is_text(key) && rsl_torch_is_tensor(v, arrays) &&
            rsl_torch_describe(v, &t) == RSL_OK)
            rc = rsl_tensors_add(&names, key->text.at, &t);
    }
    if (rc != RSL_ENOMEM) rc = ts->fit(ts->fit_context, &names);
    rsl_tensors_free(&names);
    return rc;
}

/* The dict that fits best, if the caller can tell. None fits better than it has tensors. */
static int choose(const struct rsl_torch_search *s, const struct rsl_tensors *ts,
                  const found **chosen) {
    const found *top[MOST_RIVALS];
    int64_t fits[MOST_RIVALS] = {0};
    size_t lost, n = take_largest(s, top, &lost), best = 0, equal = 0;
    if (!ts->fit) return refuse_rivals(top, n, NULL, 0);
    for (size_t i = 0; i < n; i++) {
        fits[i] = measure(ts, top[i]->dict, s->arrays);
        if (fits[i] < 0) return (int)fits[i];
        if (fits[i] > fits[best]) best = i;
    }
    for (size_t i = 0; i < n; i++) equal += fits[i] == fits[best];
    if ((int64_t)lost >= fits[best] && lost) return refuse_rivals(top, n, NULL, 0);
    if (equal > 1) return refuse_rivals(top, n, fits, fits[best]);
    *chosen = top[best];
    rsl_log(RSL_LOG_INFO, "of %zu dicts that hold tensors, '%s' fits the network best", s->found.n,
            (*chosen)->path);
    return RSL_OK;
}

/* ---- the whole ---- */

static int read_state(struct rsl_tensors *ts, const value *dict, bool arrays,
                      const struct rsl_torch_source *source) {
    size_t left_out = 0;
    for (size_t i = 0; i < dict->items.n; i += 2) {
        const value *key = dict->items.at[i], *v = dict->items.at[i + 1];
        struct rsl_tensor t = {0};
        bool is_tensor = rsl_torch_is_tensor(v, arrays);
        int rc = is_tensor ? RSL_OK : rsl_torch_check_left_out(v);
        left_out += !is_tensor;
        if (rc == RSL_OK && !is_tensor) continue;
        if (!rsl_pickle_is_text(key)) return rsl_fail(RSL_EFORMAT, "a tensor's name is no text");
        if (rc == RSL_OK) rc = rsl_torch_read(ts, v, source, &t);
        if (rc < 0) return rsl_fail_in(rc, "tensor '%s'", key->text.at);
        RSL_TRY(rsl_tensors_add(ts, key->text.at, &t));
    }
    if (left_out) rsl_log(RSL_LOG_DEBUG, "%zu entries of the state dict are no tensors", left_out);
    return RSL_OK;
}

int rsl_torch_collect(struct rsl_tensors *ts, value *root, const struct rsl_torch_source *source) {
    struct rsl_torch_search s = {0};
    int rc = rsl_torch_search(&s, root);
    const found *state = s.found.at;
    if (rc == RSL_OK && s.found.n == 0) rc = no_state(root);
    if (rc == RSL_OK && s.found.n > 1) rc = choose(&s, ts, &state);
    if (rc == RSL_OK) rc = read_state(ts, state->dict, s.arrays, source);
    rsl_free(s.found.at);
    return rc;
}
