/* See site.h. Inside, a trial is a list of bit addresses, 32 (elements of earlier sites + element)
 * + bit, so that sorting and cancelling are those of faults in memory. */
#include "fault/site.h"

#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"
#include "fault/fault_int.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { WORD = 32, GROUP = 16 };

int rsl_site_form_bits(enum rsl_site_form form) {
    return form == RSL_AS_F32 ? 32 : form == RSL_AS_BF16 ? 16 : 8;
}

const char *rsl_site_form_name(size_t i) {
    static const char *const names[] = {"f32", "bf16", "int8"};
    return i < sizeof names / sizeof *names ? names[i] : NULL;
}

void rsl_hits_free(struct rsl_hits *h) {
    rsl_free(h->at);
    rsl_faults_free(&h->bits);
    *h = (struct rsl_hits){0};
}

/* ---- sizes ---- */

/* Channels of a site that may be hit: first and how many. */
static int64_t channels_of(const struct rsl_site_model *m, const struct rsl_site *s,
                           int64_t *first) {
    bool all = m->last_channel < m->first_channel;
    int64_t last = all || m->last_channel >= s->channels ? s->channels - 1 : m->last_channel;
    *first = all ? 0 : m->first_channel;
    return last >= *first ? last - *first + 1 : 0;
}

static int64_t choices(const struct rsl_site_model *m, const struct rsl_site *s) {
    int64_t first;
    return channels_of(m, s, &first) * s->height * s->width;
}

static int64_t elements(const struct rsl_site *s) {
    return s->channels * s->height * s->width;
}

int64_t rsl_sites_elements(const struct rsl_site_model *m, const struct rsl_site *sites, int n) {
    int64_t sum = 0;
    for (int i = 0; i < n; i++) sum += choices(m, &sites[i]);
    return sum;
}

static uint32_t allowed_bits(const struct rsl_site_model *m) {
    if (m->fixed) return 1; /* one place per element, whatever its form */
    int width = rsl_site_form_bits(m->form);
    uint32_t all = width == WORD ? UINT32_MAX : (UINT32_C(1) << width) - 1;
    return m->bits ? m->bits : all;
}

int rsl_site_places(const struct rsl_site_model *m) {
    return __builtin_popcount(allowed_bits(m));
}

double rsl_sites_expected(const struct rsl_site_model *m, const struct rsl_site *sites, int n) {
    if (m->amount == RSL_SITES_COUNT) return (double)m->count;
    return m->rate * (double)rsl_sites_elements(m, sites, n) * rsl_site_places(m);
}

/* ---- checking ---- */

static int check_site(const struct rsl_site_model *m, const struct rsl_site *s, int64_t *total) {
    enum { SIDE = 1 << 28 };
    const int64_t most = (int64_t)1 << 56;
    bool sane = s->channels >= 1 && s->height >= 1 && s->width >= 1 && s->channels <= SIDE &&
                s->height <= SIDE && s->width <= SIDE && s->height * s->width <= most / s->channels;
    if (!sane || elements(s) > most - *total)
        return rsl_fail(RSL_EARG, "the activation has the impossible shape [%lld, %lld, %lld]",
                        (long long)s->channels, (long long)s->height, (long long)s->width);
    *total += elements(s);
    if (m->form == RSL_AS_INT8 && !m->fixed && !(s->scale > 0 && isfinite(s->scale)))
        return rsl_fail(RSL_EARG, "the activation has no scale for its int8 form");
    if (m->pick == RSL_PICK_LAYERS && m->amount == RSL_SITES_COUNT && choices(m, s) == 0)
        return rsl_fail(RSL_EARG, "the activation has %lld channels; none is from %lld to %lld",
                        (long long)s->channels, (long long)m->first_channel,
                        (long long)m->last_channel);
    return RSL_OK;
}

int rsl_sites_check(const struct rsl_site_model *m, const struct rsl_site *sites, int n, int *at) {
    int64_t total = 0;
    int width = rsl_site_form_bits(m->form);
    *at = -1;
    if (n < 1) return rsl_fail(RSL_EARG, "there is no activation to strike");
    if (m->amount == RSL_SITES_COUNT && (m->count < 1 || m->count > INT32_MAX))
        return rsl_fail(RSL_EARG, "the number of faults is %lld; it must be from 1 to %d",
                        (long long)m->count, INT32_MAX);
    if (m->amount == RSL_SITES_POISSON && !(m->rate >= 0 && m->rate <= 1))
        return rsl_fail(RSL_EARG, "the rate is %g; it must be from 0 to 1", m->rate);
    if (width < WORD && m->bits >> width)
        return rsl_fail(RSL_EARG, "the form has %d bits, 0 to %d", width, width - 1);
    if (m->pattern == RSL_PATTERN_BLOCK && (m->block_height < 1 || m->block_width < 1))
        return rsl_fail(RSL_EARG, "a block of %lld x %lld has no elements",
                        (long long)m->block_height, (long long)m->block_width);
    if (m->first_channel < 0)
        return rsl_fail(RSL_EARG, "there is no channel %lld", (long long)m->first_channel);
    for (*at = 0; *at < n; ++*at) RSL_TRY(check_site(m, &sites[*at], &total));
    *at = -1;
    if (rsl_sites_elements(m, sites, n) == 0)
        return rsl_fail(RSL_EARG, "no activation has channels from %lld to %lld",
                        (long long)m->first_channel, (long long)m->last_channel);
    return RSL_OK;
}

/* ---- drawing ---- */

struct drawing {
    const struct rsl_site_model *m;
    const struct rsl_site *sites;
    int n;
    struct rsl_rng rng;
    int64_t strikes;
    struct rsl_faults *out;
};

/* A rectangle of the map in channels first .. last, from (row, column) on. */
struct extent {
    int64_t channel, channels, row, rows, column, columns;
};

static struct extent extent_of(const struct drawing *d, const struct rsl_site *s, int64_t channel,
                               int64_t row, int64_t column) {
    struct extent e = {channel, 1, row, 1, column, 1};
    int64_t first, chosen = channels_of(d->m, s, &first);
    switch (d->m->pattern) {
        case RSL_PATTERN_ELEMENT:
            break;
        case RSL_PATTERN_ROW:
            e.column = 0;
            e.columns = s->width;
            break;
        case RSL_PATTERN_COLUMN:
            e.row = 0;
            e.rows = s->height;
            break;
        case RSL_PATTERN_BLOCK:
            e.rows = d->m->block_height < s->height - row ? d->m->block_height : s->height - row;
            e.columns =
                d->m->block_width < s->width - column ? d->m->block_width : s->width - column;
            break;
        case RSL_PATTERN_NEURONS: {
            int64_t begin = channel - channel % GROUP, end = begin + GROUP;
            e.channel = begin > first ? begin : first;
            e.channels = (end < first + chosen ? end : first + chosen) - e.channel;
            break;
        }
    }
    return e;
}

static int push_extent(struct drawing *d, const struct rsl_site *s, int64_t base, int bit,
                       const struct extent *e) {
    enum rsl_effect effect = d->m->fixed ? RSL_STUCK_0 : RSL_FLIP; /* fixed twice is fixed once */
    for (int64_t c = e->channel; c < e->channel + e->channels; c++)
        for (int64_t y = e->row; y < e->row + e->rows; y++)
            for (int64_t x = e->column; x < e->column + e->columns; x++) {
                int64_t element = base + (c * s->height + y) * s->width + x;
                RSL_TRY(rsl_faults_push(d->out, element * WORD + bit, effect));
            }
    return RSL_OK;
}

/* The k-th of the bits that may be hit. */
static int bit_number(uint32_t allowed, int k) {
    for (; k > 0; k--) allowed &= allowed - 1;
    return __builtin_ctz(allowed);
}

/* Elements of the sites before this one. */
static int64_t base_of(const struct rsl_site *sites, int site) {
    int64_t base = 0;
    for (int i = 0; i < site; i++) base += elements(&sites[i]);
    return base;
}

/* One fault: element number `choice` of the site's choices, the k-th allowed bit. */
static int strike(struct drawing *d, int site, int64_t choice, int k) {
    const struct rsl_site *s = &d->sites[site];
    int64_t base = base_of(d->sites, site), first, map = s->height * s->width;
    channels_of(d->m, s, &first);
    struct extent e =
        extent_of(d, s, first + choice / map, choice % map / s->width, choice % s->width);
    d->strikes++;
    return push_extent(d, s, base, bit_number(allowed_bits(d->m), k), &e);
}

/* The site in which choice number *choice of all sites lies; *choice is then one of the site's. */
static int site_of(const struct drawing *d, int64_t *choice) {
    int site = 0;
    for (; *choice >= choices(d->m, &d->sites[site]); site++)
        *choice -= choices(d->m, &d->sites[site]);
    return site;
}

static int draw_count(struct drawing *d) {
    int64_t all = rsl_sites_elements(d->m, d->sites, d->n);
    uint64_t bits = (uint64_t)rsl_site_places(d->m);
    for (int64_t i = 0; i < d->m->count; i++) {
        int site;
        int64_t choice;
        if (d->m->pick == RSL_PICK_LAYERS) {
            site = (int)rsl_rng_below(&d->rng, (uint64_t)d->n);
            choice = (int64_t)rsl_rng_below(&d->rng, (uint64_t)choices(d->m, &d->sites[site]));
        } else {
            choice = (int64_t)rsl_rng_below(&d->rng, (uint64_t)all);
            site = site_of(d, &choice);
        }
        RSL_TRY(strike(d, site, choice, (int)rsl_rng_below(&d->rng, bits)));
    }
    return RSL_OK;
}

/* A Poisson process along all bits that may be hit: exponential gaps, so that their number is
 * Poisson and their places are uniform, with replacement. */
static int draw_poisson(struct drawing *d) {
    int bits = rsl_site_places(d->m);
    double n = (double)rsl_sites_elements(d->m, d->sites, d->n) * bits, at = 0;
    while (d->m->rate > 0) {
        at += -rsl_log_unit(1 - rsl_rng_unit(&d->rng)) / d->m->rate;
        if (at >= n) break;
        int64_t bit = (int64_t)at, choice = bit / bits;
        int site = site_of(d, &choice);
        RSL_TRY(strike(d, site, choice, (int)(bit % bits)));
    }
    return RSL_OK;
}

static bool is_last(const struct rsl_hits *h, int site, int64_t element) {
    return h->n > 0 && h->at[h->n - 1].site == site && h->at[h->n - 1].element == element;
}

/* Bit addresses to hits. */
static int gather(struct drawing *d, struct rsl_hits *out) {
    int64_t base = 0;
    int site = 0;
    assert(d->out->n == 0 || d->out->at);
    for (size_t i = 0; i < d->out->n; i++) {
        int64_t element = d->out->at[i].address / WORD;
        for (; element - base >= elements(&d->sites[site]); site++)
            base += elements(&d->sites[site]);
        uint32_t flips = d->m->fixed ? 0 : UINT32_C(1) << d->out->at[i].address % WORD;
        if (is_last(out, site, element - base))
            out->at[out->n - 1].flips |= flips;
        else
            RSL_TRY(rsl_vec_push(out, ((struct rsl_hit){site, element - base, flips})));
    }
    return RSL_OK;
}

int rsl_sites_draw(const struct rsl_site_model *m, const struct rsl_site *sites, int n,
                   uint64_t seed, uint64_t trial, struct rsl_hits *out) {
    static const uint64_t site_faults = 0x7369746566616c74; /* "sitefalt" */
    struct rsl_philox4 key = rsl_philox(seed, site_faults, 0);
    struct drawing d = {.m = m,
                        .sites = sites,
                        .n = n,
                        .rng = rsl_rng(key.v[0] | (uint64_t)key.v[1] << 32, trial),
                        .out = &out->bits};
    out->n = out->bits.n = 0;
    RSL_TRY(m->amount == RSL_SITES_COUNT ? draw_count(&d) : draw_poisson(&d));
    out->strikes = d.strikes;
    RSL_TRY(rsl_faults_settle(&out->bits));
    return gather(&d, out);
}

int rsl_sites_fold(const struct rsl_site_model *m, const struct rsl_site *sites, int n,
                   const struct rsl_hit *given, size_t n_given, struct rsl_hits *out) {
    struct drawing d = {.m = m, .sites = sites, .n = n, .out = &out->bits};
    out->n = out->bits.n = 0;
    for (size_t i = 0; i < n_given; i++) {
        int64_t element = base_of(sites, given[i].site) + given[i].element;
        int64_t bit = __builtin_ctz(given[i].flips);
        RSL_TRY(rsl_faults_push(&out->bits, element * WORD + bit, RSL_FLIP));
    }
    out->strikes = (int64_t)n_given;
    RSL_TRY(rsl_faults_settle(&out->bits));
    return gather(&d, out);
}

/* ---- values ---- */

static float flip_f32(float value, uint32_t flips) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits ^= flips;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

/* Rounded to even and clamped; NaN is 0. */
static int code_of(float value, float scale, int low, int high) {
    float q = rintf(value / scale);
    if (isnan(q)) return 0;
    return q > (float)low ? (q < (float)high ? (int)q : high) : low;
}

static float flip_int8(float value, uint32_t flips, float scale) {
    int code = code_of(value, scale, -128, 127);
    return scale * (float)(int8_t)((uint8_t)code ^ (uint8_t)flips);
}

float rsl_hit_value(const struct rsl_site_model *m, const struct rsl_site *site,
                    const struct rsl_hit *hit, float value) {
    if (m->fixed) return m->value;
    if (m->form == RSL_AS_F32) return flip_f32(value, hit->flips);
    if (m->form == RSL_AS_BF16)
        return rsl_bf16_to_f32((uint16_t)(rsl_f32_to_bf16(value) ^ hit->flips));
    return flip_int8(value, hit->flips, site->scale);
}

uint8_t rsl_hit_code(const struct rsl_site_model *m, const struct rsl_site *site,
                     const struct rsl_hit *hit, uint8_t code, bool is_signed) {
    if (!m->fixed) return code ^ (uint8_t)hit->flips;
    return (uint8_t)(is_signed ? code_of(m->value, site->scale, -128, 127)
                               : code_of(m->value, site->scale, 0, 255));
}
