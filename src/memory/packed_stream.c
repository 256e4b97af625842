/* See packed_stream.h and, for the arithmetic, packed.h. */
#include "memory/packed_stream.h"

#include "memory/packed_ends.h"

#include <omp.h>
#include <string.h>

enum { MOST_ROWS = 256 };

struct stream {
    const int8_t *digits[RSL_PACKED_DIGITS], *merged[RSL_PACKED_DIGITS];
    int64_t blocks;
    double sum; /* of X */
    struct rsl_planes planes;
    bool in_planes, in_bytes;
};

static struct stream start_stream(const struct rsl_packed_layer *l) {
    struct stream s = {.blocks = packed_blocks(l)};
    const struct rsl_encoding *e = &l->w->storage.encoding;
    int64_t padded = s.blocks * RSL_PACKED_BLOCK;
    l->unit[0] = l->ends->unit(l, 0);
    for (int d = 0; d < RSL_PACKED_DIGITS; d++) {
        s.digits[d] = l->digits + d * padded;
        s.merged[d] = l->digits + (d + (l->cpu->merged ? RSL_PACKED_DIGITS : 0)) * padded;
    }
    s.in_planes = rsl_packed_is_planes(l->w, &s.planes);
    s.in_bytes = !s.in_planes && e->bits == 8 && l->w->groups.redundant == 0 && !e->kind->is_signed;
    return s;
}

/* The digits of a block, as they are and merged; digits of 0 behind the last term. Returns the sum
 * of X. Where activations have one digit only, ones behind it sum the codes. */
static int64_t fill_block(const struct rsl_packed_layer *l, int64_t block) {
    enum { N = RSL_PACKED_BLOCK, EACH = N / 8 };
    const int64_t first = block * N, padded = packed_blocks(l) * N, left = l->terms - first;
    const int n = l->unit[0] == 0 ? 0 : left < N ? (int)left : N;
    int8_t digit[RSL_PACKED_DIGITS][N] = {{0}};
    int64_t sum = n > 0 ? l->ends->split(l, 0, first, n, digit[0], 1, N) : 0;
    if (l->ends->digits == 1) memset(digit[1], 1, (size_t)n);
    for (int d = 0; d < RSL_PACKED_DIGITS; d++) {
        memcpy(l->digits + d * padded + first, digit[d], N);
        int8_t *to = l->digits + (RSL_PACKED_DIGITS + d) * padded + first;
        for (int k = 0; k < 8 && l->cpu->merged; k++)
            for (int j = 0; j < EACH; j++) to[k * EACH + j] = digit[d][8 * j + k];
    }
    return sum;
}

/* Sums of `rows` rows that are `apart` from each other. Reading whole blocks may pass a row's end,
 * which digits of 0 make harmless, not the memory's. */
static void stream_rows(const struct rsl_packed_layer *l, const struct stream *s, int64_t first,
                        int64_t apart, int rows, uint8_t *code, int64_t (*sum)[RSL_PACKED_DIGITS]) {
    int64_t at = first * l->terms, stride = apart * l->terms, padded = s->blocks * RSL_PACKED_BLOCK;
    int64_t end = at + (rows - 1) * stride + padded;
    bool whole =
        l->w->storage.layout == RSL_LAYOUT_BLOCK ? l->terms == padded : end + 128 <= l->w->groups.n;
    if (s->in_planes && whole) {
        l->cpu->dot_planes(&s->planes, at, stride, rows, s->blocks, s->merged, sum);
    } else if (s->in_bytes && end <= l->w->codes.count) {
        l->cpu->dot_bytes(l->w->bits + at, stride, rows, s->blocks, s->digits, sum);
    } else {
        for (int r = 0; r < rows; r++) {
            rsl_packed_codes(l->w, at + r * stride, l->terms, code);
            l->cpu->dot_bytes(code, padded, 1, s->blocks, s->digits, sum + r);
        }
    }
}

static void give_rows(const struct rsl_packed_layer *l, const struct stream *s, int64_t first,
                      int64_t apart, int rows, uint8_t *code) {
    int64_t sum[RSL_PACKED_ROWS][RSL_PACKED_DIGITS] = {0};
    if (l->unit[0] > 0) stream_rows(l, s, first, apart, rows, code, sum);
    for (int r = 0; r < rows; r++) l->ends->row(l, first + r * apart, sum[r], s->sum, code);
}

/* Rows low to high-1. Those that are multiplied together are far apart, so that each plane of each
 * is a stream that the processor's prefetcher sees, and not apart by a multiple of what a cache
 * spans. */
static void run_rows(const struct rsl_packed_layer *l, const struct stream *s, int64_t low,
                     int64_t high, uint8_t *code) {
    int64_t apart = (high - low) / RSL_PACKED_ROWS;
    if (apart > 8) apart -= 1 + apart % 2;
    for (int64_t i = 0; i < apart; i++) give_rows(l, s, low + i, apart, RSL_PACKED_ROWS, code);
    for (low += apart * RSL_PACKED_ROWS; low < high; low++) give_rows(l, s, low, 1, 1, code);
}

/* Rows that a thread takes at a time: enough to stream, few enough to share out evenly. */
static int64_t rows_at_a_time(const struct rsl_packed_layer *l) {
    int64_t n = l->outputs / (4 * l->threads);
    return n < RSL_PACKED_ROWS ? RSL_PACKED_ROWS : n < MOST_ROWS ? n : MOST_ROWS;
}

void rsl_packed_stream_run(const struct rsl_packed_layer *l) {
    struct stream s = start_stream(l);
    const size_t padded = (size_t)(s.blocks * RSL_PACKED_BLOCK);
    const int64_t each = rows_at_a_time(l);
    int64_t sum = 0;
#pragma omp parallel num_threads(l->threads)
    {
        uint8_t *code = l->codes + (size_t)omp_get_thread_num() * padded;
        memset(code + l->terms, 0, padded - (size_t)l->terms);
#pragma omp for schedule(static) reduction(+ : sum)
        for (int64_t block = 0; block < s.blocks; block++) sum += fill_block(l, block);
#pragma omp single
        s.sum = (double)sum;
#pragma omp for schedule(dynamic)
        for (int64_t low = 0; low < l->outputs; low += each)
            run_rows(l, &s, low, low + each < l->outputs ? low + each : l->outputs, code);
    }
}
