/* Unpacking stored bits, in whatever layout: one bit per element. */
#include "export/emitter.h"

#include <stdio.h>

/* Bits from..to-1 of the flat bits, in the shape. */
static int stretch(struct emitter *e, const char *stem, int flat, int64_t from, int64_t to,
                   int rank, const int64_t *dims) {
    char begin[32], end[32], cut[32], shape[32];
    snprintf(begin, sizeof begin, "%s_first", stem);
    snprintf(end, sizeof end, "%s_end", stem);
    snprintf(cut, sizeof cut, "%s_flat", stem);
    snprintf(shape, sizeof shape, "%s_shape", stem);
    const int first = emit_integers(e, begin, 1, &from), last = emit_integers(e, end, 1, &to);
    flat = emit_node(e, "Slice", cut, flat, first, last);
    return emit_node(e, "Reshape", stem, flat, emit_integers(e, shape, rank, dims), RSL_ABSENT);
}

/* Names of a value in the near part of blocks, or in the spare part. */
struct names {
    const char *blocks, *turned, *shape, *planes, *last, *all;
};

/* Blocks [blocks, bits of a weight, 512] and the shorter last one, from bit `at` on -> planes
 * [bits, n]. */
static int planes_of_blocks(struct emitter *e, const struct names *name, int flat, int64_t at,
                            int64_t n, int64_t bits) {
    const int64_t blocks = n / RSL_BLOCK_GROUPS, whole = blocks * RSL_BLOCK_GROUPS;
    const int64_t dims[3] = {blocks, bits, RSL_BLOCK_GROUPS}, planes[2] = {bits, whole};
    const int64_t rest[2] = {bits, n - whole};
    int last = RSL_ABSENT;
    if (whole < n) last = stretch(e, name->last, flat, at + whole * bits, at + n * bits, 2, rest);
    if (whole == 0) return last;
    int first = stretch(e, name->blocks, flat, at, at + whole * bits, 3, dims);
    first = emit_node(e, "Transpose", name->turned, first, RSL_ABSENT, RSL_ABSENT);
    emit_list(e, "perm", (int64_t[]){1, 0, 2}, 3);
    const int shape = emit_integers(e, name->shape, 2, planes);
    first = emit_node(e, "Reshape", name->planes, first, shape, RSL_ABSENT);
    return last == RSL_ABSENT ? first : emit_concat(e, name->all, first, last, 1);
}

/* The layout `block`: what stands in the blocks, and the spare copies behind them. */
static int planes_of_both(struct emitter *e, int flat, int64_t n, int64_t stored, int64_t spare) {
    static const struct names near = {"blocks", "turned", "planes_shape",
                                      "planes", "last",   "words"};
    static const struct names behind = {"spare_blocks", "spare_turned", "spare_shape",
                                        "spare_planes", "spare_last",   "spare"};
    int words = planes_of_blocks(e, &near, flat, 0, n, stored - spare);
    if (spare == 0) return words;
    int copies = planes_of_blocks(e, &behind, flat, n * (stored - spare), n, spare);
    return emit_concat(e, "all_words", words, copies, 0);
}

/* [B,1] -> [B,8] -> one bit per element, in the order of addresses. */
struct emitted_bits emit_bits(struct emitter *e, const struct rsl_storage *s, int64_t count,
                              const struct rsl_tensor *packed) {
    const struct rsl_groups groups = rsl_groups_of(s, count);
    const int64_t n = groups.n, stored = groups.stored;
    bool word = s->layout == RSL_LAYOUT_WORD, block = s->layout == RSL_LAYOUT_BLOCK;
    int64_t words[2] = {word ? n : stored / n, word ? stored / n : n};
    const uint8_t amounts[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const int by = emit_shared(e, "resile.u8.0-7", RSL_u8, 8, amounts);
    int bits = emit_tensor(e, "bits", packed);
    bits = emit_shift(e, "RIGHT", "shifted", bits, by);
    bits = emit_node(e, "BitwiseAnd", "single", bits, emit_number(e, RSL_u8, 1), RSL_ABSENT);
    if (stored % 8 || block) {
        const int shape = emit_integers(e, "flat_shape", 1, (int64_t[]){-1});
        bits = emit_node(e, "Reshape", "flat", bits, shape, RSL_ABSENT);
    }
    if (stored % 8 && !block) {
        const int first = emit_integers(e, "first", 1, (int64_t[]){0});
        bits = emit_node(e, "Slice", "all", bits, first, emit_integers(e, "stored", 1, &stored));
    }
    if (block) {
        const int planes = planes_of_both(e, bits, n, stored / n, groups.spare);
        return (struct emitted_bits){.value = planes, .axis = 0};
    }
    const int shape = emit_integers(e, "words_shape", 2, words);
    bits = emit_node(e, "Reshape", "words", bits, shape, RSL_ABSENT);
    return (struct emitted_bits){.value = bits, .axis = word ? 1 : 0};
}
