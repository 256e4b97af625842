/* Packed arithmetic with AVX-512 and its dot products of bytes (VNNI).
 *
 * Voting. Where a voted bit and its first copy agree, they are the majority, whatever the second
 * copy says. So blocks of 512 weights are compared, and second copies read only for those in which
 * something differs; then three planes are one ternary-logic instruction. A row's blocks that
 * differ come after its others, when their second copies have had time to arrive: sums are exact,
 * so that their order is free.
 *
 * Planes become codes in two ways. In the order of the weights: a plane's bits are masks under
 * which the place value is added to 64 codes. For dot products the order is free: bit k of byte j
 * of each plane belongs to weight 8j+k, so that pairs of planes are merged into fields of two bits,
 * these into four, and so on, all 64 bytes at once, and the digits are laid out likewise: weight
 * 8j+k of a block at 64k+j. */
#include "memory/packed_word.h"

#ifdef __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,bmi2")))
#define INLINE TARGET inline __attribute__((always_inline))

enum {
    WIDEST = 8,
    PART = 64, /* weights of a vector */
    PARTS = RSL_PACKED_BLOCK / PART,
    MOST_BLOCKS = RSL_PACKED_TERMS / RSL_PACKED_BLOCK /* of a row */
};

static bool available(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("bmi2");
}

/* sum += products of 64 codes and digits, four to a lane; the digits are a vector, or four bytes in
 * memory that all lanes take. As text, on named variables: compilers copy the sums of the
 * intrinsic, and those in arrays, around, which costs more than the products. */
#define CLEAR(sum) __asm__("vpxorq %0, %0, %0" : "=v"(sum))
#define MULTIPLY(sum, code, digits) \
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(code), "v"(digits))
#define MULTIPLY_FOUR(sum, code, four) \
    __asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(code), "m"(*(const int32_t *)(four)))

/* What is known when a form is compiled, so that loops over planes are unrolled. */
struct form {
    int width, top;
    int64_t plane;
    bool aligned; /* planes and rows begin at whole bytes */
};

/* Where a block's first plane begins, and its first plane of second copies. */
struct place {
    uint64_t near, spare;
};

static INLINE struct place place_of(const struct rsl_planes *p, int64_t weight) {
    return (struct place){(uint64_t)packed_at(p, weight), (uint64_t)packed_spare_at(p, weight)};
}

static INLINE void next_block(const struct rsl_planes *p, struct place *at) {
    at->near += (uint64_t)p->block;
    at->spare += (uint64_t)p->spare_block;
}

/* 512 bits of the b-th plane from bit `at` on. */
static INLINE __m512i load_plane(const struct rsl_planes *p, uint64_t at, struct form f, int b) {
    if (f.aligned) return _mm512_loadu_si512(p->bits + at / 8 + b * (f.plane / 8));
    at += (uint64_t)(b * f.plane);
    int shift = (int)(at % 8);
    __m512i v = _mm512_loadu_si512(p->bits + at / 8);
    if (shift == 0) return v;
    __m512i next = _mm512_loadu_si512(p->bits + at / 8 + 8);
    return _mm512_or_si512(_mm512_srl_epi64(v, _mm_cvtsi32_si128(shift)),
                           _mm512_sll_epi64(next, _mm_cvtsi32_si128(64 - shift)));
}

/* Ones where a voted bit and its first copy differ. */
static INLINE __m512i differing(const struct rsl_planes *p, struct place at, struct form f) {
    __m512i v = _mm512_setzero_si512();
    for (int i = 0; i < f.top; i++)
        v = _mm512_ternarylogic_epi64(v, load_plane(p, at.near, f, f.width - f.top + i),
                                      load_plane(p, at.near, f, f.width + i), 0xF6);
    return v;
}

static INLINE bool any(__m512i v) {
    return _mm512_test_epi64_mask(v, v) != 0;
}

/* Plane b, voted if need be. */
static INLINE __m512i voted(const struct rsl_planes *p, struct place at, struct form f, bool vote,
                            int b) {
    const int copy = b - (f.width - f.top);
    __m512i v = load_plane(p, at.near, f, b);
    if (vote && copy >= 0)
        v = _mm512_ternarylogic_epi64(v, load_plane(p, at.near, f, f.width + copy),
                                      load_plane(p, at.spare, f, copy), 0xE8);
    if (b < f.width - 1) return v;
    return _mm512_xor_si512(v, _mm512_set1_epi8(p->is_signed ? -1 : 0));
}

/* What is read next is fetched ahead: the processor does not see far enough beyond the arithmetic
 * between two loads. Behind the end of the memory that is harmless. */
enum { BYTES_AHEAD = 1024, PLANES_AHEAD = 10, LINES_AHEAD = 32 };

static INLINE void fetch(const struct rsl_planes *p, uint64_t at, int64_t plane, int planes) {
    const char *from = (const char *)((uintptr_t)p->bits + at / 8);
    for (int b = 0; b < planes; b++) _mm_prefetch(from + b * (plane / 8), _MM_HINT_T0);
}

static INLINE void fetch_ahead(const struct rsl_planes *p, struct place at, struct form f) {
    const int planes = f.width + f.top;
    const int64_t blocks = f.plane == RSL_PACKED_BLOCK ? LINES_AHEAD / planes : PLANES_AHEAD;
    fetch(p, at.near + (uint64_t)(blocks * p->block), f.plane, planes);
}

/* ---- in order ---- */

static INLINE __m512i part_of(uint64_t word[WIDEST][PARTS], int width, int part) {
    __m512i code = _mm512_maskz_mov_epi8(_cvtu64_mask64(word[0][part]), _mm512_set1_epi8(1));
    for (int b = 1; b < width; b++)
        code = _mm512_mask_add_epi8(code, _cvtu64_mask64(word[b][part]), code,
                                    _mm512_set1_epi8((char)(1 << b)));
    return code;
}

static INLINE void codes_of(const struct rsl_planes *p, int64_t first, int64_t blocks,
                            uint8_t *code, struct form f) {
    _Alignas(64) uint64_t word[WIDEST][PARTS];
    struct place at = place_of(p, first);
    for (int64_t block = 0; block < blocks; block++, next_block(p, &at)) {
        const bool vote = any(differing(p, at, f));
        for (int b = 0; b < f.width; b++) _mm512_store_si512(word[b], voted(p, at, f, vote, b));
        for (int k = 0; k < PARTS; k++)
            _mm512_storeu_si512(code + block * RSL_PACKED_BLOCK + k * PART,
                                part_of(word, f.width, k));
    }
}

/* ---- merged ---- */

/* Where the mask has ones a, else b. */
static INLINE __m512i merge(int mask, __m512i a, __m512i b) {
    return _mm512_ternarylogic_epi64(_mm512_set1_epi8((char)mask), a, b, 0xCA);
}

/* From planes b to b+3 of a block: fields[k] has the four bits of weights 8j+k in the lower halves
 * of its bytes, those of weights 8j+k+4 in the upper halves. */
static INLINE void merge_four(const struct rsl_planes *p, struct place at, struct form f, bool vote,
                              int b, __m512i fields[4]) {
    __m512i even[2], odd[2];
    for (int i = 0; i < 2; i++) {
        int low = b + 2 * i;
        even[i] = odd[i] = _mm512_setzero_si512();
        if (low >= f.width) continue;
        __m512i u = voted(p, at, f, vote, low), v = even[i];
        if (low + 1 < f.width) v = voted(p, at, f, vote, low + 1);
        even[i] = merge(0x55, u, _mm512_add_epi8(v, v));
        odd[i] = merge(0x55, _mm512_srli_epi16(u, 1), v);
    }
    fields[0] = merge(0x33, even[0], _mm512_slli_epi16(even[1], 2));
    fields[1] = merge(0x33, odd[0], _mm512_slli_epi16(odd[1], 2));
    fields[2] = merge(0x33, _mm512_srli_epi16(even[0], 2), even[1]);
    fields[3] = merge(0x33, _mm512_srli_epi16(odd[0], 2), odd[1]);
}

/* The fields of a block of one row. */
struct fields {
    __m512i low[4], high[4]; /* bits 0 to 3 and 4 to 7 of the codes */
};

static INLINE void fill_fields(struct fields *to, const struct rsl_planes *p, struct place at,
                               struct form f, bool vote) {
    __m512i part[4];
    merge_four(p, at, f, vote, 0, part);
    for (int k = 0; k < 4; k++) to->low[k] = part[k];
    if (f.width <= 4) return;
    merge_four(p, at, f, vote, 4, part);
    for (int k = 0; k < 4; k++) to->high[k] = part[k];
}

/* The codes of weights 8j+k. */
static INLINE __m512i merged(const struct fields *f, int width, int k) {
    __m512i low = k < 4 ? f->low[k] : _mm512_srli_epi16(f->low[k - 4], 4);
    if (width <= 4) return _mm512_and_si512(low, _mm512_set1_epi8(0x0F));
    __m512i high = k < 4 ? _mm512_slli_epi16(f->high[k], 4) : f->high[k - 4];
    return merge(0x0F, low, high);
}

static INLINE void take(__m512i d0, __m512i d1, __m512i d2, int64_t sum[RSL_PACKED_DIGITS]) {
    sum[0] += _mm512_reduce_add_epi32(d0);
    sum[1] += _mm512_reduce_add_epi32(d1);
    sum[2] += _mm512_reduce_add_epi32(d2);
}

#define ONE(X)   X(0)
#define TWO(X)   ONE(X) X(1)
#define FOUR(X)  TWO(X) X(2) X(3)
#define EIGHT(X) FOUR(X) X(4) X(5) X(6) X(7)

/* Sums of row r, and what is done with them. */
#define ROW_SUMS(r)           \
    __m512i a##r, b##r, c##r; \
    CLEAR(a##r);              \
    CLEAR(b##r);              \
    CLEAR(c##r);
#define ROW_MULTIPLY(r, code)       \
    do {                            \
        __m512i codes_ = code;      \
        MULTIPLY(a##r, codes_, x0); \
        MULTIPLY(b##r, codes_, x1); \
        MULTIPLY(c##r, codes_, x2); \
    } while (0)
#define ROW_TAKE(r) take(a##r, b##r, c##r, sum[r]);
#define LOAD_DIGITS(at)                                     \
    const __m512i x0 = _mm512_load_si512(digits[0] + (at)), \
                  x1 = _mm512_load_si512(digits[1] + (at)), \
                  x2 = _mm512_load_si512(digits[2] + (at))

#define ROW_START(r)  struct place at##r = place_of(p, first + r * stride);
#define ROW_NEXT(r)   next_block(p, &at##r);
#define ROW_AHEAD(r)  fetch_ahead(p, at##r, f);
#define ROW_DIFFER(r) differ = _mm512_or_si512(differ, differing(p, at##r, f));
#define ROW_SPARE(r)  fetch(p, at##r.spare, f.plane, f.top);
#define ROW_GO(r)     at##r = place_of(p, first + r * stride + at);
#define ROW_FIELDS(r)   \
    struct fields f##r; \
    fill_fields(&f##r, p, at##r, f, vote);
#define ROW_MERGED(r) ROW_MULTIPLY(r, merged(&f##r, f.width, k));

/* The block of each row that begins with weight `at` of it. Digits are loaded once for all rows. */
#define MULTIPLY_BLOCK(ROWS)              \
    do {                                  \
        ROWS(ROW_FIELDS)                  \
        for (int k = 0; k < PARTS; k++) { \
            LOAD_DIGITS(at + k * PART);   \
            ROWS(ROW_MERGED)              \
        }                                 \
    } while (0)

#define DOT(name, ROWS)                                                                    \
    static INLINE void name(const struct rsl_planes *p, int64_t first, int64_t stride,     \
                            int64_t blocks, const int8_t *const digits[RSL_PACKED_DIGITS], \
                            int64_t(*sum)[RSL_PACKED_DIGITS], struct form f) {             \
        int64_t late[MOST_BLOCKS];                                                         \
        int n_late = 0;                                                                    \
        bool vote = false;                                                                 \
        ROWS(ROW_SUMS)                                                                     \
        ROWS(ROW_START)                                                                    \
        for (int64_t at = 0; at < blocks * RSL_PACKED_BLOCK; at += RSL_PACKED_BLOCK) {     \
            __m512i differ = _mm512_setzero_si512();                                       \
            ROWS(ROW_AHEAD)                                                                \
            ROWS(ROW_DIFFER)                                                               \
            if (f.top > 0 && __builtin_expect(any(differ), 0)) {                           \
                late[n_late++] = at;                                                       \
                ROWS(ROW_SPARE)                                                            \
            } else {                                                                       \
                MULTIPLY_BLOCK(ROWS);                                                      \
            }                                                                              \
            ROWS(ROW_NEXT)                                                                 \
        }                                                                                  \
        vote = true;                                                                       \
        for (int i = 0; i < n_late; i++) {                                                 \
            const int64_t at = late[i];                                                    \
            ROWS(ROW_GO)                                                                   \
            MULTIPLY_BLOCK(ROWS);                                                          \
        }                                                                                  \
        ROWS(ROW_TAKE)                                                                     \
    }

DOT(dot_one, ONE)
DOT(dot_two, TWO)

#define WIDTHS(X) X(2) X(3) X(4) X(5) X(6) X(7) X(8)

TARGET static void codes(const struct rsl_planes *p, int64_t first, int64_t blocks, uint8_t *code) {
    switch (p->width) {
#define X(w)                                                                         \
    case w:                                                                          \
        codes_of(p, first, blocks, code, (struct form){w, p->top, p->plane, false}); \
        break;
        WIDTHS(X)
#undef X
    }
}

/* `top` and `plane` are constants, or those of p. */
static INLINE void dot_rows(const struct rsl_planes *p, int64_t first, int64_t stride, int rows,
                            int64_t blocks, const int8_t *const digits[RSL_PACKED_DIGITS],
                            int64_t (*sum)[RSL_PACKED_DIGITS], int top, int64_t plane,
                            bool aligned) {
    switch (p->width + 16 * rows) {
#define X(w)                                                                                   \
    case w + 16:                                                                               \
        dot_one(p, first, stride, blocks, digits, sum, (struct form){w, top, plane, aligned}); \
        return;                                                                                \
    case w + 32:                                                                               \
        dot_two(p, first, stride, blocks, digits, sum, (struct form){w, top, plane, aligned}); \
        return;
        WIDTHS(X)
#undef X
    }
}

TARGET static void dot_planes(const struct rsl_planes *p, int64_t first, int64_t stride, int rows,
                              int64_t blocks, const int8_t *const digits[RSL_PACKED_DIGITS],
                              int64_t (*sum)[RSL_PACKED_DIGITS]) {
    const bool near = p->plane == RSL_PACKED_BLOCK;
    if ((p->plane | p->spare | first | stride) % 8 != 0)
        for (int r = 0; r < rows; r++)
            dot_rows(p, first + r * stride, 0, 1, blocks, digits, sum + r, p->top, p->plane, false);
    else if (near && p->top == 0)
        dot_rows(p, first, stride, rows, blocks, digits, sum, 0, RSL_PACKED_BLOCK, true);
    else if (near && p->top == 1)
        dot_rows(p, first, stride, rows, blocks, digits, sum, 1, RSL_PACKED_BLOCK, true);
    else
        dot_rows(p, first, stride, rows, blocks, digits, sum, p->top, p->plane, true);
}

#define BYTES_MULTIPLY(r)                                                           \
    _mm_prefetch((const char *)(code + r * stride + i + BYTES_AHEAD), _MM_HINT_T0); \
    ROW_MULTIPLY(r, _mm512_loadu_si512(code + r * stride + i));

#define BYTES(name, ROWS)                                                   \
    TARGET static void name(const uint8_t *code, int64_t stride, int64_t n, \
                            const int8_t *const digits[RSL_PACKED_DIGITS],  \
                            int64_t(*sum)[RSL_PACKED_DIGITS]) {             \
        ROWS(ROW_SUMS)                                                      \
        for (int64_t i = 0; i < n; i += PART) {                             \
            LOAD_DIGITS(i);                                                 \
            ROWS(BYTES_MULTIPLY)                                            \
        }                                                                   \
        ROWS(ROW_TAKE)                                                      \
    }

BYTES(bytes_one, ONE)
BYTES(bytes_two, TWO)

static void dot_bytes(const uint8_t *code, int64_t stride, int rows, int64_t blocks,
                      const int8_t *const digits[RSL_PACKED_DIGITS],
                      int64_t (*sum)[RSL_PACKED_DIGITS]) {
    const int64_t n = blocks * RSL_PACKED_BLOCK;
    if (rows == 1) bytes_one(code, stride, n, digits, sum);
    if (rows == 2) bytes_two(code, stride, n, digits, sum);
}

/* Four inputs of 16 outputs a step; a pixel's digits are broadcast from memory. */
#define PIXEL_SUMS(p)                        \
    const int8_t *x##p = t->pixel[from + p]; \
    ROW_SUMS(p)
#define PIXEL_MULTIPLY(p)                         \
    MULTIPLY_FOUR(a##p, code, x##p + offset);     \
    MULTIPLY_FOUR(b##p, code, x##p + offset + 4); \
    MULTIPLY_FOUR(c##p, code, x##p + offset + 8);
#define PIXEL_FINISH(p) finish_pixel(t, from + p, a##p, b##p, c##p);

static INLINE void finish_pixel(struct rsl_tile *t, int p, __m512i a, __m512i b, __m512i c) {
    _Alignas(64) int32_t digit[RSL_PACKED_DIGITS][RSL_PACKED_OUTPUTS];
    _mm512_store_si512(digit[0], a);
    _mm512_store_si512(digit[1], b);
    _mm512_store_si512(digit[2], c);
    packed_finish(t, p, digit[0], digit[1], digit[2]);
}

/* The same with one digit, sums as they are. */
#define INTEGER_SUMS(p)                      \
    const int8_t *x##p = t->pixel[from + p]; \
    __m512i a##p;                            \
    CLEAR(a##p);
#define INTEGER_MULTIPLY(p) MULTIPLY_FOUR(a##p, code, x##p + offset);
#define INTEGER_FINISH(p)   _mm512_storeu_si512(t->product[from + p], a##p);

#define TILE(name, FORM, PIXELS)                                         \
    TARGET static void name(struct rsl_tile *t, int from) {              \
        PIXELS(FORM##_SUMS)                                              \
        for (int64_t q = 0; q < t->quads; q++) {                         \
            const __m512i code = _mm512_load_si512(t->panel + q * PART); \
            const int64_t offset = t->offset[q];                         \
            PIXELS(FORM##_MULTIPLY)                                      \
        }                                                                \
        PIXELS(FORM##_FINISH)                                            \
    }

#define TILES(name, FORM)                                         \
    TILE(name##_one, FORM, ONE)                                   \
    TILE(name##_two, FORM, TWO)                                   \
    TILE(name##_four, FORM, FOUR)                                 \
    TILE(name##_eight, FORM, EIGHT)                               \
    static void name(struct rsl_tile *t) {                        \
        int from = t->pixels & 4;                                 \
        if (t->pixels == RSL_PACKED_PIXELS) {                     \
            name##_eight(t, 0);                                   \
            return;                                               \
        }                                                         \
        if (t->pixels & 4) name##_four(t, 0);                     \
        if (t->pixels & 2) name##_two(t, from);                   \
        if (t->pixels & 1) name##_one(t, from + (t->pixels & 2)); \
    }

TILES(tile, PIXEL)
TILES(tile_integers, INTEGER)

#else
static bool available(void) {
    return false;
}
#define codes         NULL
#define dot_planes    NULL
#define dot_bytes     NULL
#define tile          NULL
#define tile_integers NULL
#endif

const struct rsl_packed_cpu rsl_packed_avx512 = {
    .name = "avx512_vnni",
    .kernel = "packed avx512_vnni",
    .available = available,
    .merged = true,
    .codes = codes,
    .dot_planes = dot_planes,
    .dot_bytes = dot_bytes,
    .tile = tile,
    .tile_integers = tile_integers,
};
