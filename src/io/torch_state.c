/* From the values of a checkpoint's pickle to named tensors; see torch.h. The functions named here
 * are those of torch/_utils.py. */
#include "io/torch.h"

#include "base/log.h"
#include "base/status.h"
#include "base/text.h"

#include <inttypes.h>
#include <string.h>

typedef struct rsl_pickle_value value;

/* Nested deeper than any checkpoint; visits bound the walk through shared dicts. */
enum { SEARCH_DEPTH = 4, SEARCH_VISITS = 1 << 20 };

static const struct {
    const char *name;
    enum rsl_dtype dtype;
} storages[] = {
    {"FloatStorage", RSL_f32},     {"DoubleStorage", RSL_f64}, {"HalfStorage", RSL_f16},
    {"LongStorage", RSL_i64},      {"IntStorage", RSL_i32},    {"ShortStorage", RSL_i16},
    {"CharStorage", RSL_i8},       {"ByteStorage", RSL_u8},    {"BoolStorage", RSL_bool},
    {"BFloat16Storage", RSL_bf16},
};

static enum rsl_dtype storage_dtype(const char *module, const char *name) {
    if (strcmp(module, "torch") != 0 && strcmp(module, "torch.cuda") != 0) return RSL_NO_DTYPE;
    for (size_t i = 0; i < sizeof storages / sizeof *storages; i++)
        if (strcmp(storages[i].name, name) == 0) return storages[i].dtype;
    return RSL_NO_DTYPE;
}

/* ---- tensors ---- */

/* A text without zeros inside. */
static bool is_text(const value *v) {
    return v->kind == RSL_PICKLE_TEXT && strlen(v->text.at) == v->text.n;
}

static bool is_count(const value *v) {
    return v->kind == RSL_PICKLE_INT && v->i >= 0 && v->i <= RSL_MAX_ELEMENTS;
}

int rsl_torch_read_storage(const value *persistent, struct rsl_torch_storage *s) {
    const value *id = persistent->kind == RSL_PICKLE_PERSISTENT ? persistent->id : NULL;
    if (!id || id->kind != RSL_PICKLE_TUPLE || id->items.n < 5)
        return rsl_fail(RSL_EFORMAT, "a persistent id does not describe a storage");
    value *const *item = id->items.at;
    if (!is_text(item[0]) || strcmp(item[0]->text.at, "storage") != 0)
        return rsl_fail(RSL_EUNSUPPORTED, "a persistent id describes a '%.40s', not a storage",
                        is_text(item[0]) ? item[0]->text.at : "?");
    if (item[1]->kind != RSL_PICKLE_GLOBAL || !is_text(item[2]) || !is_count(item[4]))
        return rsl_fail(RSL_EFORMAT, "a storage has no class, key or size");
    *s = (struct rsl_torch_storage){.key = item[2]->text.at, .count = item[4]->i};
    s->dtype = storage_dtype(item[1]->global.module, item[1]->global.name);
    if (s->dtype == RSL_NO_DTYPE)
        return rsl_fail(RSL_EUNSUPPORTED, "storage '%s' has class '%s.%s'", s->key,
                        item[1]->global.module, item[1]->global.name);
    if (id->items.n == 5 || item[5]->kind == RSL_PICKLE_NONE) return RSL_OK;
    const value *view = item[5]; /* (its own key, offset, count) */
    if (view->kind != RSL_PICKLE_TUPLE || view->items.n != 3 || !is_count(view->items.at[1]) ||
        !is_count(view->items.at[2]))
        return rsl_fail(RSL_EFORMAT, "a view of storage '%s' has no offset and size", s->key);
    s->offset = view->items.at[1]->i;
    s->count = view->items.at[2]->i;
    return RSL_OK;
}

static bool is_rebuilt(const value *v) {
    return v->kind == RSL_PICKLE_CALL &&
           (rsl_pickle_is(v->call.callee, "torch._utils", "_rebuild_tensor") ||
            rsl_pickle_is(v->call.callee, "torch._utils", "_rebuild_tensor_v2"));
}

static bool is_parameter(const value *v) {
    return v->kind == RSL_PICKLE_CALL &&
           (rsl_pickle_is(v->call.callee, "torch._utils", "_rebuild_parameter") ||
            rsl_pickle_is(v->call.callee, "torch._utils", "_rebuild_parameter_with_state"));
}

/* The call that makes the tensor, also inside a Parameter; NULL for anything else. */
static const value *tensor_call(const value *v) {
    if (is_parameter(v) && v->call.args->items.n > 0) v = v->call.args->items.at[0];
    return is_rebuilt(v) ? v : NULL;
}

/* A tensor of a kind that is not read: leaving it out would miss it. */
static int check_left_out(const value *v) {
    if (v->kind != RSL_PICKLE_CALL || v->call.callee->kind != RSL_PICKLE_GLOBAL) return RSL_OK;
    const char *module = v->call.callee->global.module, *name = v->call.callee->global.name;
    if (strncmp(module, "torch.", 6) != 0 || strncmp(name, "_rebuild", 8) != 0) return RSL_OK;
    return rsl_fail(RSL_EUNSUPPORTED, "it is made by '%s.%s', which is not read", module, name);
}

/* A tuple of natural numbers, or torch.Size of one. */
static int read_numbers(const value *v, const char *what, struct rsl_shape *s) {
    if (v->kind == RSL_PICKLE_CALL && rsl_pickle_is(v->call.callee, "torch", "Size") &&
        v->call.args->items.n == 1)
        v = v->call.args->items.at[0];
    if (v->kind != RSL_PICKLE_TUPLE) return rsl_fail(RSL_EFORMAT, "its %s is no tuple", what);
    if (v->items.n > RSL_MAX_RANK)
        return rsl_fail(RSL_EUNSUPPORTED, "%zu dimensions, at most %d are read", v->items.n,
                        RSL_MAX_RANK);
    *s = (struct rsl_shape){.rank = (int)v->items.n};
    for (size_t i = 0; i < v->items.n; i++) {
        if (!is_count(v->items.at[i]))
            return rsl_fail(RSL_EFORMAT, "its %s has an impossible number at %zu", what, i);
        s->dim[i] = v->items.at[i]->i;
    }
    return RSL_OK;
}

/* Refuses unless element offset + sum((dim - 1) * stride) lies below `count`. */
static int check_view(const struct rsl_shape *shape, const struct rsl_shape *strides,
                      int64_t offset, int64_t count) {
    int64_t last = offset, step;
    if (rsl_shape_count(shape) == 0) return RSL_OK;
    for (int i = 0; i < shape->rank; i++)
        if (__builtin_mul_overflow(shape->dim[i] - 1, strides->dim[i], &step) ||
            __builtin_add_overflow(last, step, &last))
            return rsl_fail(RSL_EFORMAT, "its strides overflow");
    if (last >= count)
        return rsl_fail(RSL_EFORMAT,
                        "its last element is number %" PRId64 " of a storage of %" PRId64, last,
                        count);
    return RSL_OK;
}

/* (storage, offset, size, stride, ...) */
static int read_tensor(struct rsl_tensors *ts, const value *call,
                       const struct rsl_torch_source *source, struct rsl_tensor *t) {
    const value *args = call->call.args;
    struct rsl_torch_storage s;
    struct rsl_shape strides;
    if (args->items.n < 4 || !is_count(args->items.at[1]))
        return rsl_fail(RSL_EFORMAT, "it is not made from storage, offset, size and stride");
    int64_t offset = args->items.at[1]->i;
    RSL_TRY(rsl_torch_read_storage(args->items.at[0], &s));
    RSL_TRY(read_numbers(args->items.at[2], "size", &t->shape));
    RSL_TRY(read_numbers(args->items.at[3], "stride", &strides));
    if (strides.rank != t->shape.rank)
        return rsl_fail(RSL_EFORMAT, "it has %d dimensions and %d strides", t->shape.rank,
                        strides.rank);
    if (rsl_shape_check(&t->shape) < 0) return RSL_EFORMAT;
    RSL_TRY(check_view(&t->shape, &strides, offset, s.count));
    t->dtype = s.dtype;
    const uint8_t *bytes;
    size_t size, item = rsl_dtype_bytes((int)s.dtype);
    RSL_TRY(source->bytes(source->context, &s, &bytes, &size));
    if (size / item < (size_t)s.count)
        return rsl_fail(RSL_EFORMAT,
                        "storage '%s' should have %" PRId64
                        " elements of %s, it has "
                        "%zu bytes",
                        s.key, s.count, rsl_dtype_name((int)s.dtype), size);
    if (rsl_shape_count(&t->shape) == 0) offset = 0; /* nothing to point to */
    return rsl_tensors_place_strided(ts, t, bytes + (size_t)offset * item, strides.dim);
}

/* ---- the state dict ---- */

struct search {
    size_t visits;          /* dict entries looked at */
    struct rsl_text rivals; /* dicts with tensors that are as good as each other */
};

static size_t count_tensors(const value *dict) {
    size_t n = 0;
    for (size_t i = 0; i < dict->items.n; i += 2)
        n += is_text(dict->items.at[i]) && tensor_call(dict->items.at[i + 1]);
    return n;
}

static const value *find_state(const value *v, int depth, struct search *s);

/* The only child that holds tensors, or NULL; notes the names when several do. *most: the tensors
 * of the child with the most. */
static const value *find_child(const value *dict, int depth, struct search *s, size_t *most) {
    const value *found = NULL;
    struct rsl_text names = {0};
    size_t n = 0;
    for (size_t i = 0; i < dict->items.n; i += 2) {
        const value *key = dict->items.at[i];
        const value *state = is_text(key) ? find_state(dict->items.at[i + 1], depth + 1, s) : NULL;
        if (!state) continue;
        if (n++ < 8) rsl_text_printf(&names, "%s'%.60s'", n > 1 ? ", " : "", key->text.at);
        found = state;
        size_t tensors = count_tensors(state);
        if (tensors > *most) *most = tensors;
    }
    if (n > 1) {
        rsl_text_free(&s->rivals);
        s->rivals = names;
    } else {
        rsl_text_free(&names);
    }
    return n == 1 ? found : NULL;
}

/* A dict with tensors: under one of the usual names, else this one or the only other, whichever
 * has more (an accuracy beside the state dict is a tensor too). */
static const value *find_state(const value *v, int depth, struct search *s) {
    static const char *const usual[] = {
        "state_dict", "model_state_dict", "model_state", "net_state_dict", "net",   "model",
        "module",     "network",          "params",      "weights",        "state", "ema",
        "model_ema",  "state_dict_ema"};
    if (v->kind != RSL_PICKLE_DICT || depth > SEARCH_DEPTH || s->visits > SEARCH_VISITS)
        return NULL;
    s->visits += 1 + v->items.n;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        const value *child = rsl_pickle_get(v, usual[i]);
        const value *state = child ? find_state(child, depth + 1, s) : NULL;
        if (state) return state;
    }
    size_t own = count_tensors(v), most = 0;
    const value *child = find_child(v, depth, s, &most);
    if (own == 0 || most > own) return child;
    rsl_text_free(&s->rivals);
    return v;
}

/* A class as such, or as the stream names a whole module's: ('module', class, file, text). */
static const value *class_of(const value *callee) {
    if (callee->kind == RSL_PICKLE_PERSISTENT && callee->id->kind == RSL_PICKLE_TUPLE &&
        callee->id->items.n > 1)
        callee = callee->id->items.at[1];
    return callee->kind == RSL_PICKLE_GLOBAL ? callee : NULL;
}

/* The class of an object: of the root, or of the first entry that is one. */
static const value *find_class(const value *root) {
    for (size_t i = 0; root->kind == RSL_PICKLE_DICT && i < root->items.n; i += 2)
        if (root->items.at[i + 1]->kind == RSL_PICKLE_CALL) {
            root = root->items.at[i + 1];
            break;
        }
    return root->kind == RSL_PICKLE_CALL ? class_of(root->call.callee) : NULL;
}

static int no_state(const value *root, const struct search *s) {
    if (s->rivals.at)
        return rsl_fail(RSL_EUNSUPPORTED, "several dicts hold tensors (%s); save one alone",
                        s->rivals.at);
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

int rsl_torch_collect(struct rsl_tensors *ts, const value *root,
                      const struct rsl_torch_source *source) {
    struct search s = {0};
    const value *state = find_state(root, 0, &s);
    int rc = state ? RSL_OK : s.rivals.status < 0 ? s.rivals.status : no_state(root, &s);
    rsl_text_free(&s.rivals);
    size_t left_out = 0;
    for (size_t i = 0; rc == RSL_OK && i < state->items.n; i += 2) {
        const value *key = state->items.at[i], *call = tensor_call(state->items.at[i + 1]);
        struct rsl_tensor t = {0};
        rc = call ? RSL_OK : check_left_out(state->items.at[i + 1]);
        if (rc == RSL_OK && !call) {
            left_out++;
            continue;
        }
        if (!is_text(key)) return rsl_fail(RSL_EFORMAT, "a tensor's name is no text");
        if (rc == RSL_OK) rc = read_tensor(ts, call, source, &t);
        if (rc < 0) return rsl_fail_in(rc, "tensor '%s'", key->text.at);
        rc = rsl_tensors_add(ts, key->text.at, &t);
    }
    if (left_out) rsl_log(RSL_LOG_DEBUG, "%zu entries of the state dict are no tensors", left_out);
    return rc;
}
