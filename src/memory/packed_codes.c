/* Reading codes from stored bits: blocks of planes by the processor's own means, words of up to
 * eight bits eight at a time, all else weight by weight. */
#include "memory/packed_word.h"

#include <assert.h>
#include <string.h>

/* ---- which form ---- */

#define X(name) extern const struct rsl_packed_cpu rsl_packed_##name;
#include "memory/packed_cpus.def"
#undef X

const struct rsl_packed_cpu *rsl_packed_cpu(size_t i) {
    static const struct rsl_packed_cpu *const cpus[] = {
#define X(name) &rsl_packed_##name,
#include "memory/packed_cpus.def"
#undef X
        NULL};
    return cpus[i];
}

const struct rsl_packed_cpu *rsl_packed_best(void) {
    size_t i = 0;
    while (!rsl_packed_cpu(i)->available()) i++;
    return rsl_packed_cpu(i);
}

static bool is_kind(const struct rsl_packed *p, const char *name) {
    return strcmp(p->storage.protection.kind->name, name) == 0;
}

/* Bits of a code that are voted; -1: the protection is of another kind. */
static int voted_bits(const struct rsl_packed *p) {
    if (is_kind(p, "none")) return 0;
    if (is_kind(p, "msb")) return p->storage.protection.top;
    return is_kind(p, "tmr") ? p->storage.encoding.bits : -1;
}

bool rsl_packed_accepts(const struct rsl_packed *p) {
    return p->storage.encoding.kind->grid && voted_bits(p) >= 0 && p->codes.outer == 1;
}

bool rsl_packed_is_planes(const struct rsl_packed *p, struct rsl_planes *planes) {
    const struct rsl_encoding *e = &p->storage.encoding;
    const bool blocks = p->storage.layout == RSL_LAYOUT_BLOCK;
    const int top = voted_bits(p), near = e->bits + top;
    *planes = (struct rsl_planes){.bits = p->bits,
                                  .plane = blocks ? RSL_PACKED_BLOCK : p->groups.n,
                                  .block = RSL_PACKED_BLOCK * (blocks ? near : 1),
                                  .spare_block = RSL_PACKED_BLOCK * (blocks ? top : 1),
                                  .spare = p->groups.n * near,
                                  .width = e->bits,
                                  .top = top,
                                  .is_signed = e->kind->is_signed};
    return p->storage.layout != RSL_LAYOUT_WORD && planes->top >= 0;
}

/* ---- codes ---- */

static uint8_t offset_of(const struct rsl_packed *p) {
    const struct rsl_encoding *e = &p->storage.encoding;
    return e->kind->is_signed ? (uint8_t)(1 << (e->bits - 1)) : 0;
}

double rsl_packed_zero(const struct rsl_packed *p, int64_t channel) {
    return offset_of(p) + (p->codes.zero_point ? (double)p->codes.zero_point[channel] : 0);
}

/* One by one, as the definition of the protection has it. */
static void read_each(const struct rsl_packed *p, int64_t first, int64_t n, uint8_t *code) {
    const struct rsl_storage *s = &p->storage;
    for (int64_t i = 0; i < n; i++) {
        struct rsl_group g = rsl_groups_read(&p->groups, p->bits, first + i);
        rsl_correct(&s->protection, &s->encoding, s->encoding.bits, &g);
        code[i] = (uint8_t)g.data ^ offset_of(p);
    }
}

/* 64 weights of planes, or n < 64. */
static void read_planes(const struct rsl_planes *p, int64_t first, int n, uint8_t *code) {
    uint64_t word[8] = {0};
    for (int b = 0; b < p->width; b++) {
        uint64_t plane = packed_plane(p, first, b);
        for (int k = 0; k < 8; k++) word[k] |= packed_spread(plane >> 8 * k) << b;
    }
    memcpy(code, word, (size_t)n);
}

/* Words of `stored` <= 8 bits: eight of them are as many bytes. */
struct words {
    int stored, width, top;
    uint64_t low, voted,
        sign; /* masks in every byte: unvoted bits, voted bits moved down, offset */
};

static uint64_t in_each_byte(unsigned byte) {
    return byte * (uint64_t)0x0101010101010101;
}

static uint64_t vote_words(const struct words *w, uint64_t x) {
    int low = w->width - w->top;
    uint64_t a = x >> low & w->voted, b = x >> w->width & w->voted,
             c = x >> (w->width + w->top) & w->voted;
    return ((x & w->low) | rsl_majority(a, b, c) << low) ^ w->sign;
}

#if defined(__x86_64__)
#include <immintrin.h>
static bool has_deposit(void) {
    return __builtin_cpu_supports("bmi2");
}
__attribute__((target("bmi2"))) static void deposit_words(const struct words *w,
                                                          const uint8_t *from, int64_t n,
                                                          uint8_t *code) {
    const uint64_t mask = in_each_byte((1u << w->stored) - 1);
    for (int64_t i = 0; i < n; i += 8, from += w->stored) {
        uint64_t x = vote_words(w, _pdep_u64(packed_load(from), mask));
        memcpy(code + i, &x, sizeof x);
    }
}
#else
static bool has_deposit(void) {
    return false;
}
static void deposit_words(const struct words *w, const uint8_t *from, int64_t n, uint8_t *code) {
    (void)w, (void)from, (void)n, (void)code;
}
#endif

static void shift_words(const struct words *w, const uint8_t *from, int64_t n, uint8_t *code) {
    const uint64_t mask = (1u << w->stored) - 1;
    for (int64_t i = 0; i < n; i += 8, from += w->stored) {
        uint64_t packed = packed_load(from), x = 0;
        for (int k = 0; k < 8; k++) x |= (packed >> k * w->stored & mask) << 8 * k;
        x = vote_words(w, x);
        memcpy(code + i, &x, sizeof x);
    }
}

/* n weights from a multiple of eight on, n one as well; `top` of their bits are voted. */
static void read_words(const struct rsl_packed *p, int top, int64_t first, int64_t n,
                       uint8_t *code) {
    int width = p->storage.encoding.bits;
    struct words w = {.stored = width + 2 * top, .width = width, .top = top};
    w.low = in_each_byte((1u << (width - top)) - 1);
    w.voted = in_each_byte((1u << top) - 1);
    w.sign = in_each_byte(offset_of(p));
    const uint8_t *from = p->bits + first / 8 * w.stored;
    if (has_deposit())
        deposit_words(&w, from, n, code);
    else
        shift_words(&w, from, n, code);
}

/* How many weights from `first` on can be read in blocks without leaving the tensor's memory. */
static int64_t whole_blocks(const struct rsl_planes *p, int64_t first, int64_t n) {
    int64_t inside = (p->plane - first - 128) / RSL_PACKED_BLOCK, want = n / RSL_PACKED_BLOCK;
    inside = inside > 0 ? inside : 0;
    return want < inside ? want : inside;
}

static void read_pieces(const struct rsl_planes *p, int64_t first, int64_t n, uint8_t *code) {
    for (int64_t i = 0; i < n; i += 64)
        read_planes(p, first + i, n - i < 64 ? (int)(n - i) : 64, code + i);
}

/* Of planes in blocks: whole blocks at once, of others what is asked for; the last may be short. */
static void read_blocks(const struct rsl_planes *p, int64_t count, int64_t first, int64_t n,
                        uint8_t *code) {
    while (n > 0) {
        int64_t block = first / RSL_PACKED_BLOCK, from = first % RSL_PACKED_BLOCK, took;
        int64_t size = count - block * RSL_PACKED_BLOCK;
        if (from == 0 && n >= RSL_PACKED_BLOCK) {
            took = n / RSL_PACKED_BLOCK * RSL_PACKED_BLOCK;
            rsl_packed_best()->codes(p, first, took / RSL_PACKED_BLOCK, code);
        } else {
            struct rsl_planes one = *p;
            one.bits += block * (p->block / 8);
            one.spare += block * (p->spare_block - p->block);
            one.plane = size < RSL_PACKED_BLOCK ? size : RSL_PACKED_BLOCK;
            took = one.plane - from < n ? one.plane - from : n;
            read_pieces(&one, from, took, code);
        }
        first += took;
        code += took;
        n -= took;
    }
}

void rsl_packed_codes(const struct rsl_packed *p, int64_t first, int64_t n, uint8_t *code) {
    struct rsl_planes planes;
    int64_t i = 0;
    int top = voted_bits(p);
    assert(top >= 0);
    if (rsl_packed_is_planes(p, &planes) && p->storage.layout == RSL_LAYOUT_BLOCK) {
        read_blocks(&planes, p->groups.n, first, n, code);
        return;
    }
    if (rsl_packed_is_planes(p, &planes)) {
        int64_t blocks = whole_blocks(&planes, first, n);
        rsl_packed_best()->codes(&planes, first, blocks, code);
        i = blocks * RSL_PACKED_BLOCK;
        read_pieces(&planes, first + i, n - i, code + i);
        return;
    }
    if (p->storage.encoding.bits + 2 * top <= 8) {
        int64_t before = (8 - first % 8) % 8;
        before = before < n ? before : n;
        read_each(p, first, before, code);
        i = before + (n - before) / 8 * 8;
        read_words(p, top, first + before, i - before, code + before);
    }
    read_each(p, first + i, n - i, code + i);
}

/* ---- values ---- */

/* Weights first..first+n-1, the codes of which are read in one go. */
static void values_of_run(const struct rsl_packed *p, int64_t first, int64_t n, float *w) {
    uint8_t code[RSL_PACKED_BLOCK];
    const int sign = offset_of(p);
    rsl_packed_codes(p, first, n, code);
    for (int64_t i = 0; i < n;) {
        int64_t at = first + i, left = p->codes.inner - at % p->codes.inner;
        int64_t channel = p->codes.channels == 1 ? 0 : at / p->codes.inner % p->codes.channels;
        int64_t end = p->codes.channels > 1 && left < n - i ? i + left : n;
        float scale = p->codes.scale[channel];
        float zero = p->codes.zero_point ? p->codes.zero_point[channel] : 0;
        for (; i < end; i++) w[i] = scale * ((float)(code[i] - sign) - zero);
    }
}

/* Weight i, as a value or, where `w` is NULL, as a code. */
static void give_one(const struct rsl_packed *p, int64_t i, uint32_t code, bool zeroed, float *w,
                     uint8_t *codes) {
    if (w) w[i] = zeroed ? 0 : rsl_decode_one(&p->codes, i, code);
    if (!w) codes[i] = (uint8_t)(zeroed ? rsl_zero_code(&p->codes, i) : code) ^ offset_of(p);
}

/* Protections whose readers do more than vote. */
static void read_groups(const struct rsl_packed *p, float *w, uint8_t *codes) {
    const struct rsl_storage *s = &p->storage;
    int width = s->encoding.bits, have = 0;
    uint64_t stream = 0;
    int64_t i = 0;
    for (int64_t group = 0; group < p->groups.n; group++) {
        int n = rsl_groups_data(&p->groups, group), used = 0;
        struct rsl_group g = rsl_groups_read(&p->groups, p->bits, group);
        unsigned verdict = rsl_correct(&s->protection, &s->encoding, n, &g);
        if (have > 0) {
            used = width - have;
            uint64_t code = (stream | g.data << have) & rsl_low_bits(width);
            give_one(p, i++, (uint32_t)code, false, w, codes);
        }
        for (; used + width <= n; used += width, i++) {
            uint32_t code = (uint32_t)(g.data >> used & rsl_low_bits(width));
            give_one(p, i, code, verdict & RSL_ZEROED, w, codes);
        }
        have = n - used;
        stream = have > 0 ? g.data >> used : 0;
    }
}

void rsl_packed_values(const struct rsl_packed *p, float *w) {
    if (!p->storage.encoding.kind->grid || voted_bits(p) < 0) {
        read_groups(p, w, NULL);
        return;
    }
    int64_t runs = (p->codes.count + RSL_PACKED_BLOCK - 1) / RSL_PACKED_BLOCK;
#pragma omp parallel for schedule(static) if (runs > 128)
    for (int64_t r = 0; r < runs; r++) {
        int64_t first = r * RSL_PACKED_BLOCK, left = p->codes.count - first;
        values_of_run(p, first, left < RSL_PACKED_BLOCK ? left : RSL_PACKED_BLOCK, w + first);
    }
}

void rsl_packed_all_codes(const struct rsl_packed *p, uint8_t *code) {
    if (!p->storage.encoding.kind->grid || voted_bits(p) < 0) {
        read_groups(p, NULL, code);
        return;
    }
    enum { RUN = 16 * RSL_PACKED_BLOCK };
    int64_t runs = (p->codes.count + RUN - 1) / RUN;
#pragma omp parallel for schedule(static) if (runs > 8)
    for (int64_t r = 0; r < runs; r++) {
        int64_t first = r * RUN, left = p->codes.count - first;
        rsl_packed_codes(p, first, left < RUN ? left : RUN, code + first);
    }
}
