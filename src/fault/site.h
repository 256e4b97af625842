/* Transient faults in activations: which elements of which operators' inputs or outputs a trial
 * hits, and what becomes of a value that is hit. This file knows sizes only; the campaign runs the
 * network and puts the values in.
 *
 * The faults of a trial are a pure function of (seed, trial, model, sites), for one image. Nothing
 * is allocated once the list has grown. */
#ifndef RSL_FAULT_SITE_H
#define RSL_FAULT_SITE_H

#include "fault/fault.h"

/* One activation of one image, [channels, height, width]; vectors have height and width 1. */
struct rsl_site {
    int64_t channels, height, width;
    float scale; /* of its int8 form: value = scale * code */
};

/* The representation whose bits are hit: the value is rounded to it, struck, and read back. */
enum rsl_site_form { RSL_AS_F32, RSL_AS_BF16, RSL_AS_INT8 };

enum rsl_site_amount {
    RSL_SITES_COUNT,  /* so many faults */
    RSL_SITES_POISSON /* each bit is hit as a Poisson process says, `rate` times on average */
};

/* For RSL_SITES_COUNT. LAYERS is TensorFI's and the two studies of safety-critical
 * misclassifications': a small activation is hit as often as a large one. */
enum rsl_site_pick {
    RSL_PICK_LAYERS,  /* a site, then one of its elements, all equally likely */
    RSL_PICK_ELEMENTS /* every element of all sites equally likely */
};

/* What one fault hits, from the element that was drawn: as register-transfer simulations find that
 * a fault in an accelerator shows. Every element has the same bit inverted. */
enum rsl_site_pattern {
    RSL_PATTERN_ELEMENT,
    RSL_PATTERN_ROW,    /* its row of the map, all columns */
    RSL_PATTERN_COLUMN, /* its column, all rows */
    RSL_PATTERN_BLOCK,  /* block_height x block_width from it on, as far as the map goes */
    RSL_PATTERN_NEURONS /* its place in all channels of its group of 16: 0-15, 16-31, ... */
};

struct rsl_site_model {
    enum rsl_site_amount amount;
    int64_t count;
    double rate; /* per bit, in [0,1] */
    enum rsl_site_pick pick;
    enum rsl_site_form form;
    uint32_t bits; /* those that may be hit; 0: all of the form */
    bool fixed;    /* an element becomes `value` instead of having a bit inverted */
    float value;
    enum rsl_site_pattern pattern;
    int64_t block_height, block_width;
    int64_t first_channel, last_channel; /* only these; last < first: all */
};

int rsl_site_form_bits(enum rsl_site_form form);
/* "f32", "bf16", "int8"; NULL after the last. */
const char *rsl_site_form_name(size_t i);
/* Places in one element where a fault can strike. */
int rsl_site_places(const struct rsl_site_model *m);

/* Refuses, with a sentence, what cannot be drawn from; *at is the site that it is about, or -1. The
 * other calls expect that it passed. */
int rsl_sites_check(const struct rsl_site_model *m, const struct rsl_site *sites, int n, int *at);

struct rsl_hit {
    int site;
    int64_t element; /* of [channels, height, width] */
    uint32_t flips;  /* of the form's bits; 0 with `fixed` */
};

struct rsl_hits {
    struct rsl_hit *at; /* ascending sites and elements, each once */
    size_t n, cap;
    int64_t strikes;        /* faults drawn, of which patterns hit many elements, two perhaps one */
    struct rsl_faults bits; /* room to sort in */
};

void rsl_hits_free(struct rsl_hits *h);

/* Two hits of one bit cancel. RSL_OK or RSL_ENOMEM. */
int rsl_sites_draw(const struct rsl_site_model *m, const struct rsl_site *sites, int n,
                   uint64_t seed, uint64_t trial, struct rsl_hits *out);

/* Hits that are given, each of one bit, in any order: sorted and folded as drawn ones are. */
int rsl_sites_fold(const struct rsl_site_model *m, const struct rsl_site *sites, int n,
                   const struct rsl_hit *given, size_t n_given, struct rsl_hits *out);

/* Elements that can be drawn, over all sites; and faults per trial on average (patterns count as
 * one). */
int64_t rsl_sites_elements(const struct rsl_site_model *m, const struct rsl_site *sites, int n);
double rsl_sites_expected(const struct rsl_site_model *m, const struct rsl_site *sites, int n);

/* What `value` becomes at a hit. int8: rounded to even and clamped to -128..127; NaN counts as 0.
 */
float rsl_hit_value(const struct rsl_site_model *m, const struct rsl_site *site,
                    const struct rsl_hit *hit, float value);
/* The same for an activation that is an 8-bit integer, value = scale * code: the form must be int8.
 * A fixed value is rounded to even and clamped to what the integer can be; NaN is 0. */
uint8_t rsl_hit_code(const struct rsl_site_model *m, const struct rsl_site *site,
                     const struct rsl_hit *hit, uint8_t code, bool is_signed);

#endif
