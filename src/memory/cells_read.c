/* What a reader of the cells sees: see cells.h. */
#include "base/status.h"
#include "base/vec.h"
#include "memory/cells_int.h"
#include "memory/majority.h"

#include <assert.h>
#include <string.h>

/* ---- reading ---- */

/* The code of one element, which in a stream may lie in two groups. */
static uint32_t read_code(const struct rsl_memory_tensor *t, const uint8_t *bits, int64_t index,
                          bool *zeroed) {
    unsigned verdict;
    *zeroed = false;
    if (!t->storage.protection.kind->stream) {
        struct rsl_group g = read_group(t, bits, index, &verdict);
        *zeroed = verdict & RSL_ZEROED;
        return (uint32_t)g.data;
    }
    int width = t->storage.encoding.bits;
    int64_t first = index * width, group = first / t->groups.data;
    int shift = (int)(first % t->groups.data);
    uint64_t code = read_group(t, bits, group, &verdict).data >> shift;
    if (shift + width > t->groups.data)
        code |= read_group(t, bits, group + 1, &verdict).data << (t->groups.data - shift);
    return (uint32_t)(code & rsl_low_bits(width));
}

static float read_value(const struct rsl_memory_tensor *t, const struct rsl_codes *codes,
                        const uint8_t *bits, int64_t index, uint32_t *code) {
    bool zeroed;
    *code = read_code(t, bits, index, &zeroed);
    if (!zeroed) return rsl_decode_one(codes, index, *code);
    *code = rsl_zero_code(codes, index);
    return 0;
}

float rsl_cells_value(const struct rsl_cells *c, int tensor, int64_t index) {
    uint32_t code;
    const struct part *p = &c->parts[tensor];
    return read_value(&c->image->tensors[tensor], &p->codes, p->bits, index, &code);
}

uint32_t rsl_cells_code(const struct rsl_cells *c, int tensor, int64_t index) {
    uint32_t code;
    const struct part *p = &c->parts[tensor];
    read_value(&c->image->tensors[tensor], &p->codes, p->bits, index, &code);
    return code;
}

/* ---- whole tensors ---- */

enum { RUN = 64 }; /* elements at a time: in a stream they fill whole groups */

/* Corrected codes of elements first..first+n-1, first a multiple of RUN; zeroed[i] where the value
 * is 0 whatever the code. */
static void read_run(const struct rsl_memory_tensor *t, const uint8_t *bits, int64_t first, int n,
                     uint32_t code[RUN], bool zeroed[RUN], struct rsl_votes *votes) {
    int width = t->storage.encoding.bits, at = 0;
    uint64_t rest = 0; /* of the stream: `have` bits */
    int have = 0;
    int64_t group = first * width / t->groups.data;
    for (; at < n; group++) {
        unsigned verdict, unused;
        uint64_t data = read_group(t, bits, group, &verdict).data;
        bool same = votes ? data == read_group(t, t->bits, group, &unused).data : true;
        if (votes) rsl_votes_add(votes, verdict, same);
        int got = rsl_groups_data(&t->groups, group), used = 0;
        if (have > 0) { /* the code that began in the group before */
            used = width - have;
            code[at] = (uint32_t)((rest | data << have) & rsl_low_bits(width));
            zeroed[at++] = false;
        }
        for (; at < n && used + width <= got; used += width) {
            code[at] = (uint32_t)(data >> used & rsl_low_bits(width));
            zeroed[at++] = verdict & RSL_ZEROED;
        }
        have = got - used;
        rest = have > 0 ? data >> used : 0;
    }
}

void rsl_cells_values(const struct rsl_cells *c, int tensor, float *out, struct rsl_votes *votes) {
    const struct rsl_memory_tensor *t = &c->image->tensors[tensor];
    const struct part *p = &c->parts[tensor];
    int64_t runs = (t->count + RUN - 1) / RUN, corrected = 0, detected = 0, missed = 0;
#pragma omp parallel for schedule(static) reduction(+ : corrected, detected, missed) if (runs > 512)
    for (int64_t r = 0; r < runs; r++) {
        uint32_t code[RUN];
        bool zeroed[RUN];
        struct rsl_votes v = {0};
        int64_t left = t->count - r * RUN;
        int n = left < RUN ? (int)left : RUN;
        read_run(t, p->bits, r * RUN, n, code, zeroed, votes ? &v : NULL);
        rsl_decode_some(&p->codes, r * RUN, n, code, out + r * RUN);
        for (int i = 0; i < n; i++)
            if (zeroed[i]) out[r * RUN + i] = 0;
        corrected += v.corrected;
        detected += v.detected;
        missed += v.missed;
    }
    if (!votes) return;
    votes->corrected += corrected;
    votes->detected += detected;
    votes->missed += missed;
}

void rsl_cells_codes(const struct rsl_cells *c, int tensor, uint8_t *out) {
    const struct rsl_memory_tensor *t = &c->image->tensors[tensor];
    const struct part *p = &c->parts[tensor];
    int64_t runs = (t->count + RUN - 1) / RUN;
    assert(t->storage.encoding.bits <= 8);
#pragma omp parallel for schedule(static) if (runs > 512)
    for (int64_t r = 0; r < runs; r++) {
        uint32_t code[RUN];
        bool zeroed[RUN];
        int64_t left = t->count - r * RUN;
        int n = left < RUN ? (int)left : RUN;
        read_run(t, p->bits, r * RUN, n, code, zeroed, NULL);
        for (int i = 0; i < n; i++)
            out[r * RUN + i] =
                (uint8_t)(zeroed[i] ? rsl_zero_code(&p->codes, r * RUN + i) : code[i]);
    }
}

/* ---- changes ---- */

/* Bit by bit: -0 differs from 0, NaN equals itself. */
static bool differ(float a, float b) {
    uint32_t a_bits, b_bits;
    memcpy(&a_bits, &a, sizeof a_bits);
    memcpy(&b_bits, &b, sizeof b_bits);
    return a_bits != b_bits;
}

static bool channel_changed(const struct rsl_cells *c, int weights, int64_t channel) {
    const struct rsl_codes *was = &c->image->tensors[weights].codes, *is = &c->parts[weights].codes;
    return (was->scale && differ(was->scale[channel], is->scale[channel])) ||
           (was->zero_point && differ(was->zero_point[channel], is->zero_point[channel]));
}

static int compare(struct rsl_cells *c, int tensor, int64_t index) {
    const struct rsl_memory_tensor *t = &c->image->tensors[tensor];
    const struct part *p = &c->parts[tensor];
    struct rsl_change x = {.tensor = tensor, .index = index};
    x.before = read_value(t, &t->codes, t->bits, index, &x.code_before);
    x.after = read_value(t, &p->codes, p->bits, index, &x.code_after);
    return differ(x.before, x.after) ? rsl_vec_push(&c->changes, x) : RSL_OK;
}

static int compare_channel(struct rsl_cells *c, int weights, int64_t channel) {
    const struct rsl_codes *v = &c->image->tensors[weights].codes;
    for (int64_t o = 0; o < v->outer; o++)
        for (int64_t i = 0; i < v->inner; i++)
            RSL_TRY(compare(c, weights, (o * v->channels + channel) * v->inner + i));
    return RSL_OK;
}

/* Whether the element's bits in the group before read differently too: then that group lists it. */
static bool listed_before(const struct rsl_cells *c, const struct touch *at, int64_t index) {
    const struct rsl_memory_tensor *t = &c->image->tensors[at->tensor];
    int64_t overlap = at->group * t->groups.data - index * t->storage.encoding.bits;
    unsigned verdict;
    return overlap > 0 && is_touched(c, at->tensor, at->group - 1) &&
           difference(c, at->tensor, at->group - 1, &verdict) >> (t->groups.data - overlap);
}

/* Elements of a touched group, but for those of channels that are compared as a whole. */
static int compare_group(struct rsl_cells *c, const struct touch *at, struct rsl_votes *votes) {
    const struct rsl_memory_tensor *t = &c->image->tensors[at->tensor];
    int width = t->storage.encoding.bits;
    unsigned verdict, before;
    uint64_t bits = read_group(t, c->parts[at->tensor].bits, at->group, &verdict).data ^
                    read_group(t, t->bits, at->group, &before).data;
    if (votes) rsl_votes_add(votes, verdict, bits == 0);
    const bool zeroed = (verdict | before) & RSL_ZEROED; /* an error of the file may be undone */
    if (bits == 0 && !zeroed) return RSL_OK;
    int64_t first, last;
    elements_of(t, at->group, &first, &last);
    for (int64_t i = first; i <= last; i++) {
        int64_t from = i * width - at->group * t->groups.data; /* its first bit in the group */
        uint64_t own = from < 0 ? rsl_low_bits(width + (int)from) : rsl_low_bits(width) << from;
        if (!(bits & own) && !zeroed) continue;
        if (t->codes.scale &&
            channel_changed(c, at->tensor, i / t->codes.inner % t->codes.channels))
            continue;
        if (!listed_before(c, at, i)) RSL_TRY(compare(c, at->tensor, i));
    }
    return RSL_OK;
}

/* Channels whose scale or zero point is in the group. A channel with both changed comes with its
 * scale. */
static int compare_parameters(struct rsl_cells *c, const struct touch *at) {
    const struct rsl_memory_tensor *t = &c->image->tensors[at->tensor];
    const struct rsl_codes *was = &c->image->tensors[t->weights].codes,
                           *is = &c->parts[t->weights].codes;
    int64_t first, last;
    elements_of(t, at->group, &first, &last);
    for (int64_t i = first; i <= last; i++) {
        bool scale = differ(was->scale[i], is->scale[i]);
        if (t->region == RSL_REGION_SCALES ? scale : !scale && channel_changed(c, t->weights, i))
            RSL_TRY(compare_channel(c, t->weights, i));
    }
    return RSL_OK;
}

int rsl_cells_changes(struct rsl_cells *c, const struct rsl_change **changes, size_t *n,
                      struct rsl_votes *votes) {
    c->changes.n = 0;
    for (size_t k = 0; k < c->touched.n; k++) {
        const struct touch *at = &c->touched.at[k];
        if (c->image->tensors[at->tensor].weights == RSL_ABSENT) {
            RSL_TRY(compare_group(c, at, votes));
            continue;
        }
        if (votes) count_votes(c, at, votes);
        RSL_TRY(compare_parameters(c, at));
    }
    *changes = c->changes.at;
    *n = c->changes.n;
    return RSL_OK;
}

bool rsl_cells_touched_grid(const struct rsl_cells *c) {
    for (size_t k = 0; k < c->touched.n; k++)
        if (c->image->tensors[c->touched.at[k].tensor].weights != RSL_ABSENT) return true;
    return false;
}
