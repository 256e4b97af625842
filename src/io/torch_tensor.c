/* One tensor of a checkpoint: PyTorch's, a call that would rebuild it from a storage (the functions
 * named here are those of torch/_utils.py), or an array of NumPy's. */
#include "io/torch_state.h"

#include "base/status.h"
#include "io/pickle_array.h"

#include <inttypes.h>
#include <string.h>

typedef struct rsl_pickle_value value;

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

static bool is_count(const value *v) {
    return v->kind == RSL_PICKLE_INT && v->i >= 0 && v->i <= RSL_MAX_ELEMENTS;
}

int rsl_torch_read_storage(const value *persistent, struct rsl_torch_storage *s) {
    const value *id = persistent->kind == RSL_PICKLE_PERSISTENT ? persistent->id : NULL;
    if (!id || id->kind != RSL_PICKLE_TUPLE || id->items.n < 5)
        return rsl_fail(RSL_EFORMAT, "a persistent id does not describe a storage");
    value *const *item = id->items.at;
    if (!rsl_pickle_is_text(item[0]) || strcmp(item[0]->text.at, "storage") != 0)
        return rsl_fail(RSL_EUNSUPPORTED, "a persistent id describes a '%.40s', not a storage",
                        rsl_pickle_is_text(item[0]) ? item[0]->text.at : "?");
    if (item[1]->kind != RSL_PICKLE_GLOBAL || !rsl_pickle_is_text(item[2]) || !is_count(item[4]))
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

int rsl_torch_check_left_out(const value *v) {
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

/* Where a tensor's elements lie. */
struct view {
    struct rsl_torch_storage storage;
    struct rsl_shape strides;
    int64_t offset;
};

/* (storage, offset, size, stride, ...) */
static int read_view(const value *call, struct rsl_tensor *t, struct view *view) {
    const value *args = call->call.args;
    if (args->items.n < 4 || !is_count(args->items.at[1]))
        return rsl_fail(RSL_EFORMAT, "it is not made from storage, offset, size and stride");
    view->offset = args->items.at[1]->i;
    RSL_TRY(rsl_torch_read_storage(args->items.at[0], &view->storage));
    RSL_TRY(read_numbers(args->items.at[2], "size", &t->shape));
    RSL_TRY(read_numbers(args->items.at[3], "stride", &view->strides));
    if (view->strides.rank != t->shape.rank)
        return rsl_fail(RSL_EFORMAT, "it has %d dimensions and %d strides", t->shape.rank,
                        view->strides.rank);
    if (rsl_shape_check(&t->shape) < 0) return RSL_EFORMAT;
    t->dtype = view->storage.dtype;
    return check_view(&t->shape, &view->strides, view->offset, view->storage.count);
}

static int read_tensor(struct rsl_tensors *ts, const value *call,
                       const struct rsl_torch_source *source, struct rsl_tensor *t) {
    struct view view;
    RSL_TRY(read_view(call, t, &view));
    const struct rsl_torch_storage *s = &view.storage;
    const uint8_t *bytes;
    size_t size, item = rsl_dtype_bytes((int)s->dtype);
    RSL_TRY(source->bytes(source->context, s, &bytes, &size));
    if (size / item < (size_t)s->count)
        return rsl_fail(RSL_EFORMAT,
                        "storage '%s' should have %" PRId64 " elements of %s, it has %zu bytes",
                        s->key, s->count, rsl_dtype_name((int)s->dtype), size);
    if (rsl_shape_count(&t->shape) == 0) view.offset = 0; /* nothing to point to */
    return rsl_tensors_place_strided(ts, t, bytes + (size_t)view.offset * item, view.strides.dim);
}

/* Copied: the pickle's memory goes before the tensors do. */
static int read_array(struct rsl_tensors *ts, const value *v, struct rsl_tensor *t) {
    struct rsl_arena scratch = RSL_ARENA_INIT;
    struct rsl_pickle_array a;
    int rc = rsl_pickle_array(&a, &scratch, v);
    if (rc == RSL_OK) {
        t->dtype = a.dtype;
        t->shape = a.shape;
        rc = rsl_tensors_unpack(ts, a.size, &t->data);
    }
    if (rc == RSL_OK && a.size) memcpy(t->data, a.data, a.size);
    rsl_arena_free(&scratch);
    return rc;
}

bool rsl_torch_is_tensor(const value *v, bool arrays) {
    return arrays ? rsl_pickle_is_array(v) : tensor_call(v) != NULL;
}

int rsl_torch_describe(const value *v, struct rsl_tensor *t) {
    const value *call = tensor_call(v);
    struct view view;
    struct rsl_pickle_array a;
    if (call) return read_view(call, t, &view);
    RSL_TRY(rsl_pickle_array_form(&a, v));
    t->dtype = a.dtype;
    t->shape = a.shape;
    return RSL_OK;
}

int rsl_torch_read(struct rsl_tensors *ts, const value *v, const struct rsl_torch_source *source,
                   struct rsl_tensor *t) {
    const value *call = tensor_call(v);
    return call ? read_tensor(ts, call, source, t) : read_array(ts, v, t);
}
