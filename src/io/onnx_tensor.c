/* TensorProto -> rsl_tensor: the data come as raw little-endian bytes, as one of five typed fields,
 * or from another file. Whatever the form, their number must be what the shape says. */
#include "io/onnx_tensor.h"

#include "base/status.h"
#include "io/onnx_external.h"

#include <inttypes.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "raw_data is used as it lies in memory");

static int read_shape(struct rsl_shape *shape, const Onnx__TensorProto *p) {
    if (p->n_dims > RSL_MAX_RANK)
        return rsl_fail(RSL_EUNSUPPORTED, "has %zu dimensions, at most %d are supported", p->n_dims,
                        (int)RSL_MAX_RANK);
    *shape = rsl_shape_of((int)p->n_dims, p->dims);
    return rsl_shape_check(shape);
}

static int read_dtype(enum rsl_dtype *dtype, const Onnx__TensorProto *p) {
    int number = p->has_data_type ? p->data_type : 0;
    if (number == ONNX__TENSOR_PROTO__DATA_TYPE__STRING)
        return rsl_fail(RSL_EUNSUPPORTED, "holds strings, which are not supported");
    if (!rsl_dtype_traits(number))
        return rsl_fail(RSL_EUNSUPPORTED, "has element type %d, which is not supported", number);
    *dtype = (enum rsl_dtype)number;
    return RSL_OK;
}

/* The typed field that ONNX assigns to the element type. */
struct typed {
    const void *data;
    size_t n, width; /* items, bytes of one */
};

static struct typed typed_field(const Onnx__TensorProto *p, enum rsl_dtype dtype) {
    switch (dtype) {
        case RSL_f32:
            return (struct typed){p->float_data, p->n_float_data, sizeof(float)};
        case RSL_f64:
            return (struct typed){p->double_data, p->n_double_data, sizeof(double)};
        case RSL_i64:
            return (struct typed){p->int64_data, p->n_int64_data, sizeof(int64_t)};
        case RSL_u32:
        case RSL_u64:
            return (struct typed){p->uint64_data, p->n_uint64_data, sizeof(uint64_t)};
        default:
            return (struct typed){p->int32_data, p->n_int32_data, sizeof(int32_t)};
    }
}

/* int32_data holds the small integers by value, bool as 0 or 1, f16 and bf16 as their 16 bits. */
static int narrow_int32(void *out, enum rsl_dtype dtype, const int32_t *in, size_t n) {
    size_t width = rsl_dtype_bytes((int)dtype);
    bool is_signed = rsl_dtype_traits((int)dtype)->class == 'I';
    int64_t span = (int64_t)1 << (8 * width);
    int64_t low = is_signed ? -span / 2 : 0, high = is_signed ? span / 2 - 1 : span - 1;
    for (size_t i = 0; i < n; i++) {
        if (in[i] < low || in[i] > high)
            return rsl_fail(RSL_EFORMAT, "value %" PRId32 " does not fit its type %s", in[i],
                            rsl_dtype_name((int)dtype));
        uint16_t bits = (uint16_t)in[i];
        memcpy((char *)out + i * width, &bits, width); /* little endian: the low bytes */
    }
    return RSL_OK;
}

static int narrow_uint64(uint32_t *out, const uint64_t *in, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (in[i] > UINT32_MAX)
            return rsl_fail(RSL_EFORMAT, "value %" PRIu64 " does not fit its type u32", in[i]);
        out[i] = (uint32_t)in[i];
    }
    return RSL_OK;
}

static int use_typed(struct rsl_tensor *t, struct typed field, struct rsl_arena *arena) {
    size_t width = rsl_dtype_bytes((int)t->dtype);
    if (field.n == 0) { /* an empty tensor; protobuf leaves the pointer open */
        t->data = rsl_arena_alloc(arena, 1);
        return t->data ? RSL_OK : RSL_ENOMEM;
    }
    if (field.width == width) {
        t->data = (void *)field.data;
        return RSL_OK;
    }
    t->data = rsl_arena_array(arena, field.n, width);
    if (!t->data) return RSL_ENOMEM;
    return t->dtype == RSL_u32 ? narrow_uint64(t->data, field.data, field.n)
                               : narrow_int32(t->data, t->dtype, field.data, field.n);
}

static void normalize_bool(uint8_t *data, size_t n) {
    for (size_t i = 0; i < n; i++) data[i] = data[i] != 0;
}

static int use_raw(struct rsl_tensor *t, const ProtobufCBinaryData *raw, struct rsl_arena *arena) {
    t->data = raw->len ? raw->data : rsl_arena_alloc(arena, 1);
    return t->data ? RSL_OK : RSL_ENOMEM;
}

int rsl_onnx_tensor(struct rsl_tensor *t, const Onnx__TensorProto *p, struct rsl_arena *arena,
                    const char *folder) {
    *t = (struct rsl_tensor){0};
    RSL_TRY(read_dtype(&t->dtype, p));
    RSL_TRY(read_shape(&t->shape, p));
    if (p->segment) return rsl_fail(RSL_EUNSUPPORTED, "is stored in segments");
    size_t bytes = rsl_tensor_bytes(t), width = rsl_dtype_bytes((int)t->dtype);
    if (p->has_data_location && p->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL) {
        RSL_TRY(rsl_onnx_external(&t->data, p, bytes, arena, folder));
    } else {
        struct typed field = typed_field(p, t->dtype);
        bool raw = p->has_raw_data && (p->raw_data.len > 0 || field.n == 0);
        if (raw && field.n) return rsl_fail(RSL_EFORMAT, "holds its data twice");
        size_t have = raw ? p->raw_data.len : field.n * width;
        if (have != bytes) {
            char text[RSL_SHAPE_TEXT];
            return rsl_fail(RSL_EFORMAT, "shape %s of %s needs %zu bytes, %zu are there",
                            rsl_shape_text(&t->shape, text), rsl_dtype_name((int)t->dtype), bytes,
                            have);
        }
        RSL_TRY(raw ? use_raw(t, &p->raw_data, arena) : use_typed(t, field, arena));
    }
    if (t->dtype == RSL_bool) normalize_bool(t->data, bytes);
    return RSL_OK;
}
