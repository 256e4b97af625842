/* See match.h. */
#include "io/match.h"

#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Comparing names with each other takes quadratic time; a checkpoint with more tensors than this
 * fits no network and is matched by step 1 only. Deeper numbers than this stay as they are. */
enum { MOST_NAMES = 4096, MOST_NUMBERS = 8 };

void rsl_match_free(struct rsl_match *m) {
    rsl_arena_free(&m->arena);
    *m = (struct rsl_match){0};
}

/* Counters that no inference needs: PyTorch's own, those of AveragedModel and of thop; and single
 * integers, which are no network's parameters. */
static bool is_counter(const struct rsl_named_tensor *t) {
    static const char *const counters[] = {"num_batches_tracked", "n_averaged", "total_ops",
                                           "total_params"};
    const char *dot = strrchr(t->name, '.'), *last = dot ? dot + 1 : t->name;
    if (t->tensor.shape.rank == 0 && !rsl_dtype_is_float((int)t->tensor.dtype)) return true;
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        if (strcmp(last, counters[i]) == 0) return true;
    return false;
}

/* ---- canonical names ---- */

/* Length of the component that starts at `text`. */
static size_t component(const char *text) {
    return strcspn(text, ".");
}

static bool is(const char *text, size_t n, const char *word) {
    return strlen(word) == n && memcmp(text, word, n) == 0;
}

static bool is_number(const char *text, size_t n) {
    return n > 0 && n < 9 && strspn(text, "0123456789") == n;
}

/* Drops first components that are known to wrap whole networks. */
static const char *unwrap(const char *name) {
    static const char *const wrappers[] = {"module",  "model", "backbone",  "net",
                                           "network", "base",  "_orig_mod", "ema_model"};
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        size_t n = strlen(wrappers[i]);
        if (strncmp(name, wrappers[i], n) == 0 && name[n] == '.' && name[n + 1])
            return unwrap(name + n + 1);
    }
    return name;
}

/* Drops first components that all names share, as long as something with a dot remains. */
static void drop_shared(const char **names, size_t n) {
    for (;;) {
        size_t length = n > 1 ? component(names[0]) + 1 : 0;
        for (size_t i = 0; i < n; i++)
            if (length == 0 || strncmp(names[i], names[0], length) != 0 ||
                !strchr(names[i] + length, '.'))
                return;
        for (size_t i = 0; i < n; i++) names[i] += length;
    }
}

static int by_value(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* The numbers that stand at `at` behind the same prefix in all names, each once, rising. */
static size_t siblings(const char *const *names, size_t n, const char *name, size_t at,
                       int *numbers) {
    size_t count = 0, distinct = 0;
    for (size_t i = 0; i < n; i++) {
        if (strncmp(names[i], name, at) != 0) continue;
        if (is_number(names[i] + at, component(names[i] + at)))
            numbers[count++] = atoi(names[i] + at);
    }
    qsort(numbers, count, sizeof *numbers, by_value);
    for (size_t i = 0; i < count; i++)
        if (distinct == 0 || numbers[distinct - 1] != numbers[i]) numbers[distinct++] = numbers[i];
    return distinct;
}

/* Number among its siblings as text; "" for the only one. */
static void rank_text(const char *const *names, size_t n, const char *name, size_t at, int *numbers,
                      char text[16]) {
    size_t count = siblings(names, n, name, at, numbers);
    int rank = 0, own = atoi(name + at);
    while (numbers[rank] != own) rank++;
    text[0] = 0;
    if (count > 1) snprintf(text, 16, "%d", rank);
}

/* fc.weight, linear.bias, ...: the head, when it is one layer. */
static const char *rename_head(struct rsl_arena *arena, const char *name) {
    static const char *const heads[] = {"fc", "linear", "classifier", "head", "output", "logits"};
    size_t n = component(name);
    if (!name[n] || strchr(name + n + 1, '.')) return name;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (is(name, n, heads[i])) return rsl_arena_printf(arena, "head.%s", name + n + 1);
    return name;
}

static const char *canonical(struct rsl_arena *arena, const char *const *names, size_t n,
                             const char *name, int *numbers) {
    char *text = rsl_arena_alloc(arena, strlen(name) * 2 + 16), *out = text, rank[16];
    if (!text) return NULL;
    int seen = 0;
    for (size_t at = 0; name[at];) {
        size_t length = component(name + at);
        const char *part = name + at;
        size_t part_length = length;
        if (is_number(part, length) && seen++ < MOST_NUMBERS) {
            rank_text(names, n, name, at, numbers, rank);
            part = rank;
            part_length = strlen(rank);
        } else if (is(part, length, "shortcut")) {
            part = "downsample";
            part_length = strlen(part);
        }
        if (part_length && out > text) *out++ = '.';
        memcpy(out, part, part_length);
        out += part_length;
        at += length + (name[at + length] == '.');
    }
    *out = 0;
    return rename_head(arena, text);
}

/* Canonical names of n names; NULL where names[i] is NULL. */
static int make_canonical(struct rsl_arena *arena, const char *const *names, const char **out,
                          size_t n) {
    const char **short_names = rsl_arena_array(arena, n, sizeof *short_names);
    int *numbers = rsl_arena_array(arena, n, sizeof *numbers);
    size_t kept = 0;
    if (!short_names || !numbers) return RSL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (names[i]) short_names[kept++] = unwrap(names[i]);
    drop_shared(short_names, kept);
    for (size_t i = 0, k = 0; i < n; i++) {
        if (!names[i]) continue;
        out[i] = canonical(arena, short_names, kept, short_names[k++], numbers);
        if (!out[i]) return RSL_ENOMEM;
    }
    return RSL_OK;
}

/* ---- matching ---- */

static void pair(struct rsl_match *m, size_t parameter, size_t tensor) {
    m->tensor_of[parameter] = (int64_t)tensor;
    m->parameter_of[tensor] = (int64_t)parameter;
}

static void unpair_all(struct rsl_match *m) {
    for (size_t i = 0; i < m->n_parameters; i++) m->tensor_of[i] = RSL_UNMATCHED;
    for (size_t i = 0; i < m->n_tensors; i++)
        if (m->parameter_of[i] >= 0) m->parameter_of[i] = RSL_UNMATCHED;
}

/* Index by name; a name that stands for two has the index `n`. */
static int index_names(struct rsl_map *map, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!names[i]) continue;
        bool again = rsl_map_get(map, names[i]) >= 0;
        RSL_TRY(rsl_map_set(map, names[i], (int64_t)(again ? n : i)));
    }
    return RSL_OK;
}

/* Both sides under one kind of names; a tensor's is NULL when it is ignored. */
struct names {
    const char **parameters, **tensors;
};

static int new_names(struct rsl_match *m, struct names *k) {
    k->parameters = rsl_arena_array(&m->arena, m->n_parameters, sizeof *k->parameters);
    k->tensors = rsl_arena_array(&m->arena, m->n_tensors, sizeof *k->tensors);
    return k->parameters && k->tensors ? RSL_OK : RSL_ENOMEM;
}

/* Pairs what has no partner yet and a name that is the only one of its side. */
static int match_equal(struct rsl_match *m, const struct names *k) {
    struct rsl_map ours = {0}, theirs = {0};
    int rc;
    RSL_GOTO(index_names(&ours, k->parameters, m->n_parameters));
    RSL_GOTO(index_names(&theirs, k->tensors, m->n_tensors));
    for (size_t i = 0; i < m->n_parameters; i++) {
        int64_t t = rsl_map_get(&theirs, k->parameters[i]);
        if (m->tensor_of[i] >= 0 || rsl_map_get(&ours, k->parameters[i]) != (int64_t)i) continue;
        if (t >= 0 && t < (int64_t)m->n_tensors && m->parameter_of[t] == RSL_UNMATCHED)
            pair(m, i, (size_t)t);
    }
out:
    rsl_map_free(&ours);
    rsl_map_free(&theirs);
    return rc;
}

size_t rsl_match_score(const struct rsl_match *m, const struct rsl_named_tensor *parameters,
                       const struct rsl_tensors *ts) {
    size_t n = 0;
    for (size_t i = 0; i < m->n_parameters; i++) {
        int64_t t = m->tensor_of[i];
        n += t >= 0 && rsl_shape_equal(&parameters[i].tensor.shape, &ts->at[t].tensor.shape);
    }
    return n;
}

static int start(struct rsl_match *m, const struct rsl_named_tensor *parameters, size_t n,
                 const struct rsl_tensors *ts, struct names *given) {
    *m = (struct rsl_match){.n_parameters = n, .n_tensors = ts->n};
    m->tensor_of = rsl_arena_array(&m->arena, n, sizeof *m->tensor_of);
    m->parameter_of = rsl_arena_array(&m->arena, ts->n, sizeof *m->parameter_of);
    if (!m->tensor_of || !m->parameter_of) return RSL_ENOMEM;
    RSL_TRY(new_names(m, given));
    for (size_t i = 0; i < n; i++) given->parameters[i] = parameters[i].name;
    for (size_t i = 0; i < ts->n; i++) {
        bool ignored = is_counter(&ts->at[i]);
        m->parameter_of[i] = ignored ? RSL_IGNORED : RSL_UNMATCHED;
        given->tensors[i] = ignored ? NULL : ts->at[i].name;
    }
    unpair_all(m);
    return RSL_OK;
}

/* The kind of names that fits more parameters comes first, the other one for what it leaves: with
 * layers numbered otherwise, "features.1" can be a name on both sides and mean two layers. */
int rsl_match_names(struct rsl_match *m, const struct rsl_named_tensor *parameters, size_t n,
                    const struct rsl_tensors *ts) {
    struct names given, canonical_names;
    RSL_TRY(start(m, parameters, n, ts, &given));
    RSL_TRY(match_equal(m, &given));
    size_t as_given = rsl_match_score(m, parameters, ts);
    if (as_given == n || ts->n > MOST_NAMES) return RSL_OK;
    RSL_TRY(new_names(m, &canonical_names));
    RSL_TRY(make_canonical(&m->arena, given.parameters, canonical_names.parameters, n));
    RSL_TRY(make_canonical(&m->arena, given.tensors, canonical_names.tensors, ts->n));
    unpair_all(m);
    RSL_TRY(match_equal(m, &canonical_names));
    if (rsl_match_score(m, parameters, ts) > as_given) return match_equal(m, &given);
    unpair_all(m);
    RSL_TRY(match_equal(m, &given));
    return match_equal(m, &canonical_names);
}

static const char *last_component(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static size_t next_unmatched(const int64_t *other, size_t n, size_t i) {
    while (i < n && other[i] != RSL_UNMATCHED) i++;
    return i;
}

/* Walks both sides in step; `commit` pairs them, else only looks whether they pair up. */
static bool in_step(struct rsl_match *m, const struct rsl_named_tensor *parameters,
                    const struct rsl_tensors *ts, bool commit) {
    size_t p = 0, t = 0;
    for (;; p++, t++) {
        p = next_unmatched(m->tensor_of, m->n_parameters, p);
        t = next_unmatched(m->parameter_of, m->n_tensors, t);
        if (p == m->n_parameters || t == m->n_tensors)
            return p == m->n_parameters && t == m->n_tensors;
        if (!rsl_shape_equal(&parameters[p].tensor.shape, &ts->at[t].tensor.shape) ||
            strcmp(last_component(parameters[p].name), last_component(ts->at[t].name)) != 0)
            return false;
        if (!commit) continue;
        pair(m, p, t);
        m->by_order++;
    }
}

void rsl_match_order(struct rsl_match *m, const struct rsl_named_tensor *parameters,
                     const struct rsl_tensors *ts) {
    if (in_step(m, parameters, ts, false)) in_step(m, parameters, ts, true);
}

int rsl_match_exact(const struct rsl_named_tensor *parameters, size_t n,
                    const struct rsl_tensors *ts) {
    struct rsl_map shapes = {0};
    int rc = RSL_OK;
    size_t kept = 0;
    for (size_t i = 0; i < ts->n && rc == RSL_OK; i++) {
        if (is_counter(&ts->at[i])) continue;
        rc = rsl_map_set(&shapes, unwrap(ts->at[i].name), (int64_t)i);
        kept++;
    }
    bool exact = kept == n;
    for (size_t i = 0; i < n && exact && rc == RSL_OK; i++) {
        int64_t t = rsl_map_get(&shapes, parameters[i].name);
        exact = t >= 0 && rsl_shape_equal(&parameters[i].tensor.shape, &ts->at[t].tensor.shape);
    }
    rsl_map_free(&shapes);
    return rc < 0 ? rc : exact;
}
