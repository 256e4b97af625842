/* Unpacking protobuf messages: first a walk over the wire format that bounds what hostile bytes can
 * ask for, then protobuf-c.
 *
 * protobuf-c recurses without limit, merges a sub-message that comes twice by copying what it has
 * so far (quadratic), and spends some fifty bytes on a field and more on a message that may be two
 * bytes long; the walk bounds all of these. Its allocations go to an arena, so that the whole
 * message is one lifetime and the weights of a model can stay where they were unpacked. */
#include "io/onnx_message.h"

#include "base/status.h"

#include <stdbool.h>

/* Real models have some thousand nodes of a dozen fields; weights are one field a tensor. */
enum { MAX_DEPTH = 100, MAX_FIELDS = 1 << 24, MAX_MESSAGES = 1 << 22 };

struct cursor {
    const uint8_t *start, *at, *end;
    uint32_t *fields, *messages; /* counted so far in the whole file */
};

static int malformed(const struct cursor *c, const char *what) {
    return rsl_fail(RSL_EFORMAT, "is no ONNX file or is damaged: %s at byte %zu", what,
                    (size_t)(c->at - c->start));
}

static int varint(struct cursor *c, uint64_t *value) {
    *value = 0;
    for (int shift = 0; shift < 70 && c->at < c->end; shift += 7) {
        uint8_t byte = *c->at++;
        if (shift < 64) *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return RSL_OK;
    }
    return malformed(c, "bad number");
}

/* The field's payload length; `c` stands at the payload afterwards. */
static int payload(struct cursor *c, unsigned wire_type, uint64_t *length) {
    uint64_t ignored;
    *length = 0;
    switch (wire_type) {
        case PROTOBUF_C_WIRE_TYPE_VARINT:
            return varint(c, &ignored);
        case PROTOBUF_C_WIRE_TYPE_64BIT:
            *length = 8;
            break;
        case PROTOBUF_C_WIRE_TYPE_32BIT:
            *length = 4;
            break;
        case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
            RSL_TRY(varint(c, length));
            break;
        default:
            return malformed(c, "unknown kind of field");
    }
    return *length <= (uint64_t)(c->end - c->at) ? RSL_OK : malformed(c, "field beyond the end");
}

static int walk(struct cursor *c, const ProtobufCMessageDescriptor *type, int depth) {
    uint64_t seen = 0; /* fields that may come once, by position in the descriptor */
    if (depth > MAX_DEPTH) return malformed(c, "messages nested too deeply");
    if (++*c->messages > MAX_MESSAGES) return malformed(c, "too many messages");
    while (c->at < c->end) {
        uint64_t tag, length;
        RSL_TRY(varint(c, &tag));
        unsigned wire_type = tag & 7;
        if (tag >> 3 == 0 || tag >> 3 > UINT32_MAX >> 3) return malformed(c, "bad field number");
        RSL_TRY(payload(c, wire_type, &length));
        if (++*c->fields > MAX_FIELDS) return malformed(c, "too many fields");
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3));
        if (!field || field->type != PROTOBUF_C_TYPE_MESSAGE) {
            c->at += length;
            continue;
        }
        if (wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
            return malformed(c, "field of the wrong kind");
        if (field->label != PROTOBUF_C_LABEL_REPEATED) {
            uint64_t bit = (uint64_t)1 << (field - type->fields);
            if (seen & bit) return malformed(c, "a field that may come once comes twice");
            seen |= bit;
        }
        struct cursor inner = {c->start, c->at, c->at + length, c->fields, c->messages};
        RSL_TRY(walk(&inner, field->descriptor, depth + 1));
        c->at += length;
    }
    return RSL_OK;
}

struct pool {
    struct rsl_arena *arena;
    bool refused;
};

static void *pool_alloc(void *data, size_t size) {
    struct pool *pool = data;
    void *p = rsl_arena_alloc(pool->arena, size);
    if (!p) pool->refused = true;
    return p;
}

static void pool_free(void *data, void *p) {
    (void)data;
    (void)p;
}

int rsl_onnx_unpack(void **message, const ProtobufCMessageDescriptor *type, const uint8_t *data,
                    size_t size, struct rsl_arena *arena) {
    uint32_t fields = 0, messages = 0;
    struct cursor c = {data, data, data + size, &fields, &messages};
    RSL_TRY(walk(&c, type, 0));
    struct pool pool = {.arena = arena};
    ProtobufCAllocator allocator = {pool_alloc, pool_free, &pool};
    *message = protobuf_c_message_unpack(type, &allocator, size, data);
    if (*message) return RSL_OK;
    if (pool.refused) return RSL_ENOMEM;
    return rsl_fail(RSL_EFORMAT, "is no ONNX file or is damaged: its fields do not make a %s",
                    type->short_name);
}
