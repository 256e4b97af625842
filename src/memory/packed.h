/* Computing on stored bits: codes are voted and used in registers or in pieces that stay in cache,
 * at every inference; nothing decoded is kept.
 *
 * Arithmetic. An image's activations become 24-bit fixed-point numbers X of one unit, a power of
 * two, so that the largest fills the range; X = d0 + 2^8 d1 + 2^16 d2 with digits in -128..127.
 * Codes c are unsigned bytes (two's complement ones are offset by their top bit, as is their zero
 * point z). Then
 *
 *     y = scale * unit * (sum c X - z sum X) + bias
 *
 * with sums of products of bytes, exact in 32 bits, and one rounding at the end. The result does
 * not depend on the processor, the number of threads or the other images of a batch. It differs
 * from the exact product of the decoded weights by half a unit per activation: at most 2^-23 of the
 * largest, which is what single precision would give the largest alone.
 *
 * Integer networks (integer_network.h) have activations X of 8 bits, one digit d: X itself, or
 * X - 128 when X is unsigned. Then
 *
 *     sum (c - z) X = sum c d + 128 sum c - z sum X          modulo 2^32
 *
 * is what their reference sums, to the last bit. */
#ifndef RSL_MEMORY_PACKED_H
#define RSL_MEMORY_PACKED_H

#include "memory/encoding.h"
#include "memory/layout.h"

enum {
    RSL_PACKED_BLOCK = 512,  /* weights that are unpacked at a time */
    RSL_PACKED_ROWS = 2,     /* that are streamed at a time */
    RSL_PACKED_OUTPUTS = 16, /* of a panel */
    RSL_PACKED_PIXELS = 8,   /* of a tile */
    RSL_PACKED_DIGITS = 3,
    RSL_PACKED_LARGEST = 8355711, /* 127 * (1 + 2^8 + 2^16) */
    RSL_PACKED_TERMS = 65536      /* of a sum: 2^16 * 255 * 128 < 2^31 */
};

/* A tensor's stored bits, whose scales and zero points are read where they are. */
struct rsl_packed {
    struct rsl_storage storage;
    struct rsl_groups groups;
    struct rsl_codes codes; /* view of the tensor, scale, zero_point; no codes */
    const uint8_t *bits;
};

/* Whether the kernels take the storage: scaled codes with no protection, msb or tmr, whose channels
 * are along axis 0. */
bool rsl_packed_accepts(const struct rsl_packed *p);

/* Codes of weights first..first+n-1 after correction, unsigned. */
void rsl_packed_codes(const struct rsl_packed *p, int64_t first, int64_t n, uint8_t *code);
/* All values, whatever the storage; all codes likewise, where weights that a protection gives up
 * have the code of 0. */
void rsl_packed_values(const struct rsl_packed *p, float *w);
void rsl_packed_all_codes(const struct rsl_packed *p, uint8_t *code);
/* What the unsigned codes of channel c are relative to. */
double rsl_packed_zero(const struct rsl_packed *p, int64_t channel);

/* ---- what a processor does fastest ---- */

/* A tensor in planes, altogether or in blocks of 512 weights. The first copies of voted bits follow
 * the code. The second copies stand elsewhere and are read only where the first ones differ, which
 * gives the same majority from fewer bits. All distances are in bits. */
struct rsl_planes {
    const uint8_t *bits;
    int64_t plane;              /* from a plane to the next */
    int64_t block, spare_block; /* from 512 weights to the next; likewise in the second copies */
    int64_t spare;              /* where the first plane of second copies begins */
    int width, top;             /* of the code; voted bits of it, the last ones */
    bool is_signed;             /* the top bit is taken inverted */
};

/* 16 outputs times up to 8 pixels. */
struct rsl_tile {
    const uint8_t *panel; /* [quads][16][4] codes */
    int64_t quads;
    const int32_t *offset;                  /* [quads]: of the quad's digits from a pixel's */
    const int8_t *pixel[RSL_PACKED_PIXELS]; /* where its digits are: [3][4] or [4] per quad */
    int pixels;
    double sum[RSL_PACKED_PIXELS]; /* of X */
    /* ---- of floats ---- */
    const double *zero, *scale, *bias; /* [16] */
    double unit[RSL_PACKED_PIXELS];    /* of X */
    float y[RSL_PACKED_PIXELS][RSL_PACKED_OUTPUTS];
    /* ---- of integers ---- */
    int32_t product[RSL_PACKED_PIXELS][RSL_PACKED_OUTPUTS]; /* sum c d, modulo 2^32 */
};

struct rsl_packed_cpu {
    const char *name, *kernel; /* "avx2", "packed avx2" */
    bool (*available)(void);
    /* dot_planes takes the digits of weight 8j+k of a block at 64k+j. */
    bool merged;
    /* Voted codes of blocks of 512 weights from weight `first` on. May read 72 bytes beyond the
     * last block's bits; of planes in blocks, for which `first` and `stride` are multiples of 512,
     * eight beyond all bits. */
    void (*codes)(const struct rsl_planes *p, int64_t first, int64_t blocks, uint8_t *code);
    /* sum[r][d] += codes of row r times digits d, for as many blocks of one or two rows, which are
     * `stride` weights apart. What follows a row is fetched ahead: rows one after the other are
     * read fastest. */
    void (*dot_planes)(const struct rsl_planes *p, int64_t first, int64_t stride, int rows,
                       int64_t blocks, const int8_t *const digits[RSL_PACKED_DIGITS],
                       int64_t (*sum)[RSL_PACKED_DIGITS]);
    void (*dot_bytes)(const uint8_t *code, int64_t stride, int rows, int64_t blocks,
                      const int8_t *const digits[RSL_PACKED_DIGITS],
                      int64_t (*sum)[RSL_PACKED_DIGITS]);
    void (*tile)(struct rsl_tile *t);          /* gives y */
    void (*tile_integers)(struct rsl_tile *t); /* gives product */
};

/* Fastest first, the last one in portable C. */
const struct rsl_packed_cpu *rsl_packed_cpu(size_t i); /* NULL after the last */
/* The first that is available. */
const struct rsl_packed_cpu *rsl_packed_best(void);

bool rsl_packed_is_planes(const struct rsl_packed *p, struct rsl_planes *planes);

#endif
