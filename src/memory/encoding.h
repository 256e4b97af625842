/* Encodings: how the numbers of a tensor become the bits a device stores.
 *
 * A code is the number that stands in memory for one weight, in the low `bits` of an unsigned
 * integer. Two families:
 *
 *   f32 f16 bf16 int8 int16 int32   a code stands for itself
 *   affine2..8, symmetric2..8       w = scale * (code - zero_point); scale and zero_point belong to
 *                                   the tensor, or to each index of one of its axes
 *
 * An encoding is a small value, copied freely; its text names it in commands, stores and files:
 *
 *   NAME[BITS][:OPTION]...   "f32", "affine4", "affine5:tensor:paper", "symmetric8:channel:axis=1"
 *
 *     tensor, channel   one scale, or one per index of the axis (affine's default: channel;
 *                       symmetric's: tensor)
 *     axis=N            the axis of the channels; by default that of the layer's outputs, which is
 *                       0 for a tensor about which nothing else is known
 *     code, paper       affine: which of FORTUNE's two roundings; see affine.c
 *     negate            symmetric8: a flip of the top bit negates the value; see symmetric.c
 *
 * The arithmetic is single precision in a fixed order: the same codes on every machine and for
 * any number of threads. */
#ifndef RSL_MEMORY_ENCODING_H
#define RSL_MEMORY_ENCODING_H

#include "tensor/tensor.h"

enum rsl_rounding {
    RSL_ROUND_CODE, /* round(w/s) + round(-min/s) */
    RSL_ROUND_PAPER /* round(w/s - min/s) */
};

enum rsl_encoding_option {
    RSL_OPTION_CHANNEL = 1, /* tensor, channel, axis=N */
    RSL_OPTION_ROUNDING = 2,
    RSL_OPTION_NEGATE = 4
};

enum { RSL_AXIS_OUTPUT = -1 }; /* the axis was not named */

struct rsl_grid;
struct rsl_encoding;

struct rsl_encoding_kind {
    const char *name;  /* "affine" */
    const char *about; /* one line for help and documentation */
    uint64_t widths;   /* bit w: w bits are possible; a single width is part of the name */
    unsigned options;  /* of rsl_encoding_option */
    bool per_channel;  /* by default */
    bool zero_point;   /* has zero points */
    bool is_signed;    /* codes are two's complement */
    int exponent_bits; /* of a floating-point format, else 0 */
    /* Scaled families: the grid of a channel whose finite values span min..max. */
    void (*grid)(const struct rsl_encoding *e, float min, float max, struct rsl_grid *g);
    /* The others: one value and back, `bits` wide. */
    uint32_t (*to_code)(float value, int bits);
    float (*from_code)(uint32_t code, int bits);
};

struct rsl_encoding {
    const struct rsl_encoding_kind *kind;
    int bits;
    bool per_channel;
    int axis;
    enum rsl_rounding rounding;
    bool negate;
};

/* The kinds in the order of encodings.def; NULL after the last. */
const struct rsl_encoding_kind *rsl_encoding_kind(size_t i);

int rsl_encoding_parse(struct rsl_encoding *e, const char *text);
/* The shortest text that parses to the same encoding; returns text. */
enum { RSL_ENCODING_TEXT = 64 };
const char *rsl_encoding_text(const struct rsl_encoding *e, char text[RSL_ENCODING_TEXT]);

/* The code after its bit 0..bits-1 is flipped: an XOR, but for `negate`. */
uint32_t rsl_encoding_flip(const struct rsl_encoding *e, uint32_t code, int bit);

/* ---- codes of a tensor ---- */

/* The tensor seen as [outer, channels, inner]; channels is 1 when the whole tensor shares a scale.
 */
struct rsl_codes {
    struct rsl_encoding encoding;
    int64_t count, outer, channels, inner;
    int code_bytes;    /* 1, 2 or 4 */
    void *code;        /* count unsigned integers of code_bytes, in the tensor's order */
    float *scale;      /* [channels]; NULL when the encoding has none */
    float *zero_point; /* [channels], whole numbers but for `paper`; NULL when there is none */
};

/* The view of a tensor of that shape, without room for anything. Refuses as rsl_codes_init. */
int rsl_codes_view(struct rsl_codes *c, const struct rsl_encoding *e,
                   const struct rsl_shape *shape);
/* Makes room for the codes of a tensor of that shape; all zero. Refuses an axis the shape does not
 * have. */
int rsl_codes_init(struct rsl_codes *c, const struct rsl_encoding *e,
                   const struct rsl_shape *shape);
void rsl_codes_free(struct rsl_codes *c);

static inline uint32_t rsl_code_at(const struct rsl_codes *c, int64_t i) {
    if (c->code_bytes == 1) return ((const uint8_t *)c->code)[i];
    if (c->code_bytes == 2) return ((const uint16_t *)c->code)[i];
    return ((const uint32_t *)c->code)[i];
}

static inline void rsl_code_set(struct rsl_codes *c, int64_t i, uint32_t code) {
    if (c->code_bytes == 1)
        ((uint8_t *)c->code)[i] = (uint8_t)code;
    else if (c->code_bytes == 2)
        ((uint16_t *)c->code)[i] = (uint16_t)code;
    else
        ((uint32_t *)c->code)[i] = code;
}

/* Codes, scales and zero points of w[count]. Refuses, by index, what the encoding cannot hold: NaN
 * and infinity in scaled encodings, numbers beyond f16's or the integer's range. */
int rsl_encode(struct rsl_codes *c, const float *w);
/* All values from the codes, scales and zero points as they are now. */
void rsl_decode(const struct rsl_codes *c, float *w);
/* The value element `index` would have with that code. */
float rsl_decode_one(const struct rsl_codes *c, int64_t index, uint32_t code);

/* The code whose value is nearest to 0. */
uint32_t rsl_zero_code(const struct rsl_codes *c, int64_t index);
/* The values that elements first..first+n-1 would have with these codes. */
void rsl_decode_some(const struct rsl_codes *c, int64_t first, int n, const uint32_t *code,
                     float *w);

/* Encode and decode without storing the codes: out[i] has the bits that rsl_encode and rsl_decode
 * would give. `out` may be `w`. Allocates nothing. */
int rsl_fake_quantize(const struct rsl_encoding *e, const float *w, const struct rsl_shape *shape,
                      float *out);

#endif
