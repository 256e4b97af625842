/* What integer networks are made of, for the files that build them (integer_network.c), compute a
 * layer's constants (integer_layer.c) and rewrite them (integer_apply.c). */
#ifndef RSL_MEMORY_INTEGER_INT_H
#define RSL_MEMORY_INTEGER_INT_H

#include "memory/integer_network.h"

/* The learnt numbers, one per output channel, that a layer's multipliers and biases are made of. */
enum integer_part {
    PART_BIAS,
    PART_NORM_SCALE,
    PART_NORM_SHIFT,
    PART_NORM_MEAN,
    PART_NORM_VAR,
    PART_SCALE, /* of the weights, each channel its own */
    PART_ZERO,
    PARTS
};

/* A layer that computes in integers. */
struct rsl_integer_layer {
    int channels;
    int64_t each, step; /* element i of the weights belongs to channel i / each % channels when
                           step is 0, else to i % channels */
    float *part[PARTS]; /* [channels] as they are now; NULL: the layer has none */
    bool is_signed;     /* codes are two's complement */
    int bits;
    float *offset;        /* [channels] unsigned codes are stored less this */
    double epsilon;       /* of the normalization */
    double x_scale, unit; /* of the input, and of the numbers that the multiplication gives */
    bool to_float;        /* nothing is clamped: NaN and infinity go on */
    int w, multiplier, bias, zero; /* constants of the graph; zero may be RSL_ABSENT */
    int8_t *w_data;
    float *multiplier_data, *bias_data;
    int32_t *zero_data;
};

/* Who uses a tensor of the image. */
struct rsl_integer_tensor {
    struct integer_use {
        int layer;              /* or RSL_ABSENT: a constant of the float parts */
        enum integer_part part; /* PARTS: the weights themselves */
        int value;              /* of the graph: the constant of a float part */
        struct integer_use *next;
    } * uses;
    int scales, zero_points; /* image tensors, or RSL_ABSENT */
    struct rsl_codes codes;  /* of weights: encoding and shape as channels */
};

struct rsl_integer_undo {
    void *at;
    uint32_t was;
    int bytes; /* 1 or 4 */
    int value; /* of the graph, or RSL_ABSENT when no constant is concerned */
};

static inline int integer_channel(const struct rsl_integer_layer *l, int64_t element) {
    return (int)(l->step ? element % l->channels : element / l->each % l->channels);
}

/* The 8-bit weight that stands for a code of channel m. */
int8_t rsl_integer_weight(const struct rsl_integer_layer *l, int m, uint32_t code);
/* The offset that makes all codes of a channel with that zero point fit. */
float rsl_integer_offset(const struct rsl_integer_layer *l, float zero_point);
/* Multiplier, bias and zero of channel m from its parts. */
struct integer_constants {
    float multiplier, bias;
    int32_t zero;
};
struct integer_constants rsl_integer_constants(const struct rsl_integer_layer *l, int m);

#endif
