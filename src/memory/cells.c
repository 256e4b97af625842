/* See cells.h. */
#include "memory/cells.h"

#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"
#include "memory/majority.h"

#include <assert.h>
#include <string.h>

struct touch {
    int tensor;
    int64_t group;
};

/* One tensor's cells. */
struct part {
    uint8_t *bits;
    uint8_t *touched;       /* one bit per group */
    struct rsl_codes codes; /* weights: with the scales and zero points as they read now */
};

struct rsl_cells {
    const struct rsl_memory *image;
    struct part *parts;
    struct {
        struct touch *at;
        size_t n, cap;
    } touched;
    struct {
        struct rsl_change *at;
        size_t n, cap;
    } changes;
};

/* ---- making ---- */

static int copy_floats(float **copy, const float *from, int64_t n) {
    if (!from) return RSL_OK;
    *copy = rsl_malloc((size_t)n * sizeof **copy);
    if (!*copy) return RSL_ENOMEM;
    memcpy(*copy, from, (size_t)n * sizeof **copy);
    return RSL_OK;
}

static int fill(struct part *p, const struct rsl_memory_tensor *t) {
    size_t bytes = rsl_groups_bytes(&t->groups);
    p->bits = rsl_malloc(bytes);
    p->touched = rsl_calloc((size_t)(t->groups.n + 7) / 8, 1);
    if (!p->bits || !p->touched) return RSL_ENOMEM;
    memcpy(p->bits, t->bits, bytes);
    p->codes = t->codes;
    p->codes.scale = p->codes.zero_point = NULL;
    RSL_TRY(copy_floats(&p->codes.scale, t->codes.scale, t->codes.channels));
    return copy_floats(&p->codes.zero_point, t->codes.zero_point, t->codes.channels);
}

int rsl_cells_new(struct rsl_cells **cells, const struct rsl_memory *image) {
    struct rsl_cells *c = rsl_calloc(1, sizeof *c);
    *cells = NULL;
    if (!c) return RSL_ENOMEM;
    c->image = image;
    c->parts = rsl_calloc((size_t)image->n, sizeof *c->parts);
    int rc = c->parts ? RSL_OK : RSL_ENOMEM;
    for (int i = 0; i < image->n && rc == RSL_OK; i++) rc = fill(&c->parts[i], &image->tensors[i]);
    if (rc < 0) {
        rsl_cells_free(c);
        return rc;
    }
    *cells = c;
    return RSL_OK;
}

void rsl_cells_free(struct rsl_cells *c) {
    if (!c) return;
    for (int i = 0; c->parts && i < c->image->n; i++) {
        rsl_free(c->parts[i].bits);
        rsl_free(c->parts[i].touched);
        rsl_codes_free(&c->parts[i].codes);
    }
    rsl_free(c->parts);
    rsl_free(c->touched.at);
    rsl_free(c->changes.at);
    rsl_free(c);
}

int rsl_cells_reserve(struct rsl_cells *c, size_t n) {
    while (c->touched.cap < n)
        RSL_TRY(
            rsl_vec_room(&c->touched.at, c->touched.cap, &c->touched.cap, sizeof *c->touched.at));
    while (c->changes.cap < n)
        RSL_TRY(
            rsl_vec_room(&c->changes.at, c->changes.cap, &c->changes.cap, sizeof *c->changes.at));
    return RSL_OK;
}

/* ---- reading ---- */

/* The group as a reader of these bits takes it. */
static struct rsl_group read_group(const struct rsl_memory_tensor *t, const uint8_t *bits,
                                   int64_t group, unsigned *verdict) {
    const struct rsl_storage *s = &t->storage;
    struct rsl_group g = rsl_groups_read(&t->groups, bits, group);
    *verdict = rsl_correct(&s->protection, &s->encoding, rsl_groups_data(&t->groups, group), &g);
    return g;
}

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
    return zeroed ? 0 : rsl_decode_one(codes, index, *code);
}

bool rsl_cells_bit(const struct rsl_cells *c, int64_t address) {
    struct rsl_cell cell = rsl_memory_locate(c->image, address);
    int64_t offset = address - c->image->tensors[cell.tensor].address;
    return c->parts[cell.tensor].bits[offset / 8] >> offset % 8 & 1;
}

struct rsl_group rsl_cells_group(const struct rsl_cells *c, int tensor, int64_t group) {
    return rsl_groups_read(&c->image->tensors[tensor].groups, c->parts[tensor].bits, group);
}

float rsl_cells_value(const struct rsl_cells *c, int tensor, int64_t index) {
    uint32_t code;
    const struct part *p = &c->parts[tensor];
    return read_value(&c->image->tensors[tensor], &p->codes, p->bits, index, &code);
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

/* ---- flipping ---- */

/* First and last element with bits in the group. */
static void elements_of(const struct rsl_memory_tensor *t, int64_t group, int64_t *first,
                        int64_t *last) {
    int64_t bit = group * t->groups.data;
    *first = bit / t->storage.encoding.bits;
    *last = (bit + rsl_groups_data(&t->groups, group) - 1) / t->storage.encoding.bits;
}

/* Scales and zero points of the group's elements are read again for the weights they belong to. */
static void refresh(struct rsl_cells *c, int tensor, int64_t group) {
    const struct rsl_memory_tensor *t = &c->image->tensors[tensor];
    if (t->weights == RSL_ABSENT) return;
    struct rsl_codes *codes = &c->parts[t->weights].codes;
    float *parameters = t->region == RSL_REGION_SCALES ? codes->scale : codes->zero_point;
    int64_t first, last;
    elements_of(t, group, &first, &last);
    for (int64_t i = first; i <= last; i++) parameters[i] = rsl_cells_value(c, tensor, i);
}

static bool is_touched(const struct rsl_cells *c, int tensor, int64_t group) {
    return c->parts[tensor].touched[group / 8] >> group % 8 & 1;
}

static int touch(struct rsl_cells *c, int tensor, int64_t group) {
    if (is_touched(c, tensor, group)) return RSL_OK;
    RSL_TRY(rsl_vec_push(&c->touched, ((struct touch){tensor, group})));
    c->parts[tensor].touched[group / 8] |= (uint8_t)(1u << group % 8);
    return RSL_OK;
}

static int flip_negating(struct rsl_cells *c, const struct rsl_cell *cell) {
    const struct rsl_memory_tensor *t = &c->image->tensors[cell->tensor];
    struct rsl_group g = rsl_cells_group(c, cell->tensor, cell->group);
    g.data = rsl_encoding_flip(&t->storage.encoding, (uint32_t)g.data, cell->b);
    rsl_groups_write(&t->groups, c->parts[cell->tensor].bits, cell->group, g);
    return RSL_OK;
}

int rsl_cells_flip(struct rsl_cells *c, int64_t address) {
    struct rsl_cell cell = rsl_memory_locate(c->image, address);
    const struct rsl_memory_tensor *t = &c->image->tensors[cell.tensor];
    int64_t offset = address - t->address;
    RSL_TRY(touch(c, cell.tensor, cell.group));
    if (t->storage.encoding.negate) return flip_negating(c, &cell);
    c->parts[cell.tensor].bits[offset / 8] ^= (uint8_t)(1u << offset % 8);
    refresh(c, cell.tensor, cell.group);
    return RSL_OK;
}

int rsl_cells_set(struct rsl_cells *c, int64_t address, bool value) {
    if (rsl_cells_bit(c, address) == value) return 0;
    struct rsl_cell cell = rsl_memory_locate(c->image, address);
    int64_t offset = address - c->image->tensors[cell.tensor].address;
    RSL_TRY(touch(c, cell.tensor, cell.group));
    c->parts[cell.tensor].bits[offset / 8] ^= (uint8_t)(1u << offset % 8);
    refresh(c, cell.tensor, cell.group);
    return 1;
}

/* ---- changes ---- */

static bool differ(float a, float b) {
    return memcmp(&a, &b, sizeof a) != 0;
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

/* Elements of a touched group, unless a channel of theirs is compared as a whole or, for one that
 * began in the group before, that group is touched too. */
static int compare_group(struct rsl_cells *c, const struct touch *at) {
    const struct rsl_memory_tensor *t = &c->image->tensors[at->tensor];
    int64_t first, last;
    elements_of(t, at->group, &first, &last);
    if (first * t->storage.encoding.bits < at->group * t->groups.data &&
        is_touched(c, at->tensor, at->group - 1))
        first++;
    for (int64_t i = first; i <= last; i++) {
        if (t->codes.scale &&
            channel_changed(c, at->tensor, i / t->codes.inner % t->codes.channels))
            continue;
        RSL_TRY(compare(c, at->tensor, i));
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

static void count_votes(const struct rsl_cells *c, const struct touch *at,
                        struct rsl_votes *votes) {
    const struct rsl_memory_tensor *t = &c->image->tensors[at->tensor];
    unsigned verdict, unused;
    struct rsl_group is = read_group(t, c->parts[at->tensor].bits, at->group, &verdict),
                     was = read_group(t, t->bits, at->group, &unused);
    rsl_votes_add(votes, verdict, is.data == was.data);
}

int rsl_cells_changes(struct rsl_cells *c, const struct rsl_change **changes, size_t *n,
                      struct rsl_votes *votes) {
    c->changes.n = 0;
    for (size_t k = 0; k < c->touched.n; k++) {
        const struct touch *at = &c->touched.at[k];
        if (votes) count_votes(c, at, votes);
        RSL_TRY(c->image->tensors[at->tensor].weights == RSL_ABSENT ? compare_group(c, at)
                                                                    : compare_parameters(c, at));
    }
    *changes = c->changes.at;
    *n = c->changes.n;
    return RSL_OK;
}

/* ---- undoing ---- */

void rsl_cells_restore(struct rsl_cells *c) {
    for (size_t k = 0; k < c->touched.n; k++) {
        const struct touch *at = &c->touched.at[k];
        const struct rsl_memory_tensor *t = &c->image->tensors[at->tensor];
        struct part *p = &c->parts[at->tensor];
        rsl_groups_write(&t->groups, p->bits, at->group,
                         rsl_groups_read(&t->groups, t->bits, at->group));
        p->touched[at->group / 8] &= (uint8_t) ~(1u << at->group % 8);
        refresh(c, at->tensor, at->group);
    }
    c->touched.n = 0;
}

/* Rewrites the group; true when it is the image's again. */
static bool scrub(struct rsl_cells *c, const struct touch *at) {
    const struct rsl_memory_tensor *t = &c->image->tensors[at->tensor];
    const struct rsl_storage *s = &t->storage;
    struct part *p = &c->parts[at->tensor];
    unsigned verdict;
    struct rsl_group g = read_group(t, p->bits, at->group, &verdict),
                     was = rsl_groups_read(&t->groups, t->bits, at->group);
    if (verdict & RSL_CORRECTED && !(verdict & RSL_DETECTED))
        rsl_groups_write(&t->groups, p->bits, at->group,
                         rsl_protect(&s->protection, &s->encoding, g.data));
    g = rsl_groups_read(&t->groups, p->bits, at->group);
    return g.data == was.data && g.redundant == was.redundant;
}

void rsl_cells_scrub(struct rsl_cells *c, struct rsl_votes *votes) {
    size_t kept = 0;
    for (size_t k = 0; k < c->touched.n; k++) {
        struct touch at = c->touched.at[k];
        if (votes) count_votes(c, &at, votes);
        if (scrub(c, &at))
            c->parts[at.tensor].touched[at.group / 8] &= (uint8_t) ~(1u << at.group % 8);
        else
            c->touched.at[kept++] = at;
        refresh(c, at.tensor, at.group);
    }
    c->touched.n = kept;
}
