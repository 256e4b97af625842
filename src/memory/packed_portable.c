/* Packed arithmetic in plain C, eight weights to a machine word: the form that the others are
 * tested against, and the one for processors without vectors that are known here. */
#include "memory/packed_word.h"

static bool available(void) {
    return true;
}

static void codes(const struct rsl_planes *p, int64_t first, int64_t blocks, uint8_t *code) {
    for (int64_t i = 0; i < blocks * RSL_PACKED_BLOCK; i += 64) {
        uint64_t word[8] = {0};
        for (int b = 0; b < p->width; b++) {
            uint64_t plane = packed_plane(p, first + i, b);
            for (int k = 0; k < 8; k++) word[k] |= packed_spread(plane >> 8 * k) << b;
        }
        memcpy(code + i, word, sizeof word);
    }
}

static void dot_bytes(const uint8_t *code, int64_t stride, int rows, int64_t blocks,
                      const int8_t *const digits[RSL_PACKED_DIGITS],
                      int64_t (*sum)[RSL_PACKED_DIGITS]) {
    for (int r = 0; r < rows; r++)
        for (int64_t at = 0; at < blocks * RSL_PACKED_BLOCK; at += RSL_PACKED_BLOCK)
            for (int d = 0; d < RSL_PACKED_DIGITS; d++) {
                const uint8_t *c = code + r * stride + at;
                int32_t s = 0;
                for (int i = 0; i < RSL_PACKED_BLOCK; i++) s += c[i] * digits[d][at + i];
                sum[r][d] += s;
            }
}

static void dot_planes(const struct rsl_planes *p, int64_t first, int64_t stride, int rows,
                       int64_t blocks, const int8_t *const digits[RSL_PACKED_DIGITS],
                       int64_t (*sum)[RSL_PACKED_DIGITS]) {
    uint8_t code[RSL_PACKED_BLOCK];
    for (int r = 0; r < rows; r++)
        for (int64_t at = 0; at < blocks * RSL_PACKED_BLOCK; at += RSL_PACKED_BLOCK) {
            const int8_t *const here[] = {digits[0] + at, digits[1] + at, digits[2] + at};
            codes(p, first + r * stride + at, 1, code);
            dot_bytes(code, 0, 1, 1, here, sum + r);
        }
}

/* sums + the products of a quad's digits with 16 outputs' codes. */
static void add_quad(const uint8_t *code, const int8_t *x, int32_t *sum) {
    for (int o = 0; o < RSL_PACKED_OUTPUTS; o++, code += 4)
        sum[o] += code[0] * x[0] + code[1] * x[1] + code[2] * x[2] + code[3] * x[3];
}

static void tile(struct rsl_tile *t) {
    for (int p = 0; p < t->pixels; p++) {
        int32_t sum[RSL_PACKED_DIGITS][RSL_PACKED_OUTPUTS] = {0};
        for (int64_t q = 0; q < t->quads; q++) {
            const uint8_t *c = t->panel + q * 4 * RSL_PACKED_OUTPUTS;
            for (int d = 0; d < RSL_PACKED_DIGITS; d++)
                add_quad(c, t->pixel[p] + t->offset[q] + 4 * d, sum[d]);
        }
        packed_finish(t, p, sum[0], sum[1], sum[2]);
    }
}

static void tile_integers(struct rsl_tile *t) {
    for (int p = 0; p < t->pixels; p++) {
        memset(t->product[p], 0, sizeof t->product[p]);
        for (int64_t q = 0; q < t->quads; q++)
            add_quad(t->panel + q * 4 * RSL_PACKED_OUTPUTS, t->pixel[p] + t->offset[q],
                     t->product[p]);
    }
}

const struct rsl_packed_cpu rsl_packed_portable = {
    .name = "portable",
    .kernel = "packed portable",
    .available = available,
    .codes = codes,
    .dot_planes = dot_planes,
    .dot_bytes = dot_bytes,
    .tile = tile,
    .tile_integers = tile_integers,
};
