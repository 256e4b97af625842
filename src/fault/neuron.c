/* Faults in activations: how they are written. See neuron.h; site.c draws them. */
#include "fault/neuron.h"

#include "base/nearest.h"
#include "base/status.h"
#include "fault/spec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

static const char *pick_name(size_t i) {
    static const char *const names[] = {"layers", "elements"};
    return i < sizeof names / sizeof *names ? names[i] : NULL;
}

static const char *end_name(size_t i) {
    static const char *const names[] = {"outputs", "inputs"};
    return i < sizeof names / sizeof *names ? names[i] : NULL;
}

static const char *pattern_name(size_t i) {
    static const char *const names[] = {"element", "row", "column", "block", "neurons"};
    return i < sizeof names / sizeof *names ? names[i] : NULL;
}

/* The number of the one word in a list, or a negative status. */
static int find_word(const struct rsl_fault_words *items, const char *kind,
                     const char *(*name)(size_t i)) {
    if (items->n > 1) return rsl_fail(RSL_EARG, "there can be only one %s", kind);
    for (int i = 0; name((size_t)i); i++)
        if (strcmp(items->at[0], name((size_t)i)) == 0) return i;
    return rsl_fail_unknown(kind, items->at[0], name);
}

/* ---- options ---- */

static int parse_at(struct rsl_fault_setting *s, const struct rsl_fault_words *items) {
    int i = find_word(items, "place (at=)", end_name);
    ((struct rsl_neuron *)s->own)->inputs = i == 1;
    return i < 0 ? i : RSL_OK;
}

static int parse_pick(struct rsl_fault_setting *s, const struct rsl_fault_words *items) {
    int i = find_word(items, "way of picking (pick=)", pick_name);
    if (i >= 0) ((struct rsl_neuron *)s->own)->model.pick = (enum rsl_site_pick)i;
    return i < 0 ? i : RSL_OK;
}

int rsl_fault_parse_form(const struct rsl_fault_words *items, enum rsl_site_form *form) {
    int i = find_word(items, "form (as=)", rsl_site_form_name);
    if (i >= 0) *form = (enum rsl_site_form)i;
    return i < 0 ? i : RSL_OK;
}

static int parse_as(struct rsl_fault_setting *s, const struct rsl_fault_words *items) {
    return rsl_fault_parse_form(items, &((struct rsl_neuron *)s->own)->model.form);
}

/* "3" or "0-15". */
static int parse_channels(struct rsl_fault_setting *s, const struct rsl_fault_words *items) {
    struct rsl_site_model *m = &((struct rsl_neuron *)s->own)->model;
    char *text = items->at[0], *dash = strchr(text, '-');
    if (items->n > 1) return rsl_fail(RSL_EARG, "channels are one run, 'channels=0-15'");
    if (dash) *dash = 0;
    RSL_TRY(rsl_fault_parse_whole(text, "a channel", 0, INT32_MAX, &m->first_channel));
    m->last_channel = m->first_channel;
    if (!dash) return RSL_OK;
    return rsl_fault_parse_whole(dash + 1, "the last channel", m->first_channel, INT32_MAX,
                                 &m->last_channel);
}

static int parse_value(struct rsl_fault_setting *s, const struct rsl_fault_words *items) {
    struct rsl_site_model *m = &((struct rsl_neuron *)s->own)->model;
    const char *text = items->at[0];
    double value = NAN;
    if (items->n > 1) return rsl_fail(RSL_EARG, "there can be only one value");
    if (strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0)
        value = *text == '-' ? -INFINITY : INFINITY;
    else if (strcmp(text, "nan") != 0)
        RSL_TRY(rsl_fault_parse_number(text, "the value", -3.4e38, 3.4e38, &value));
    m->fixed = true;
    m->value = (float)value;
    return RSL_OK;
}

/* "row", "block:2x3". */
static int parse_pattern(struct rsl_fault_setting *s, const struct rsl_fault_words *items) {
    struct rsl_site_model *m = &((struct rsl_neuron *)s->own)->model;
    char *size = strchr(items->at[0], ':'), *x = size ? strchr(size, 'x') : NULL;
    if (size) *size++ = 0;
    int i = find_word(items, "pattern", pattern_name);
    if (i < 0) return i;
    m->pattern = (enum rsl_site_pattern)i;
    if ((m->pattern == RSL_PATTERN_BLOCK) != (size != NULL) || (size && !x))
        return rsl_fail(RSL_EARG, "%s",
                        size ? "a block has a height and a width, 'block:2x3'; "
                               "other patterns have no size"
                             : "the size is missing: 'block:2x3'");
    if (!size) return RSL_OK;
    *x = 0;
    RSL_TRY(rsl_fault_parse_whole(size, "the height", 1, 65536, &m->block_height));
    return rsl_fault_parse_whole(x + 1, "the width", 1, 65536, &m->block_width);
}

static const struct rsl_fault_key keys[] = {{"at", parse_at},
                                            {"pick", parse_pick},
                                            {"as", parse_as},
                                            {"channels", parse_channels},
                                            {"value", parse_value},
                                            {"pattern", parse_pattern},
                                            {0}};

/* ---- the model ---- */

static bool is_whole(const char *text) {
    return *text && text[strspn(text, "0123456789")] == 0;
}

/* Nothing (1), K, "count:K", RATE, or "rate" (open). */
static int parse(struct rsl_fault_setting *s, const struct rsl_fault_words *words) {
    ((struct rsl_neuron *)s->own)->model.last_channel = -1;
    s->amount = (struct rsl_amount){.kind = RSL_AMOUNT_COUNT, .count = 1};
    if (words->n == 0) return RSL_OK;
    if (words->n == 1 && strcmp(words->at[0], "rate") == 0) {
        s->amount = (struct rsl_amount){.kind = RSL_AMOUNT_OPEN, .open = true};
        return RSL_OK;
    }
    if (words->n == 1 && is_whole(words->at[0]))
        return rsl_fault_parse_whole(words->at[0], "the count", 1, INT32_MAX, &s->amount.count);
    return rsl_fault_parse_amount(&s->amount, words, 0);
}

/* Positions to a mask; "top" is the form's highest. */
static int finish(struct rsl_fault_setting *s) {
    struct rsl_neuron *n = s->own;
    const struct rsl_selection *where = &s->selection;
    int width = rsl_site_form_bits(n->model.form);
    if (where->some_positions && n->model.fixed)
        return rsl_fail(RSL_EARG, "bits= has no meaning for elements that become a value");
    for (int b = 0; b < RSL_MAX_POSITIONS && where->some_positions; b++) {
        if (!where->positions[b] && !(where->top && b == width - 1)) continue;
        if (b >= width)
            return rsl_fail(RSL_EARG, "there is no bit %d: %s has bits 0 to %d", b,
                            rsl_site_form_name((size_t)n->model.form), width - 1);
        n->model.bits |= UINT32_C(1) << b;
    }
    n->patterns = where->patterns;
    n->n_patterns = where->n_patterns;
    return RSL_OK;
}

static void print(const struct rsl_fault_setting *s, struct rsl_text *text) {
    size_t from = text->n;
    if (s->amount.kind == RSL_AMOUNT_COUNT) {
        if (s->amount.count != 1) rsl_text_printf(text, ":%lld", (long long)s->amount.count);
    } else if (s->amount.kind == RSL_AMOUNT_OPEN) {
        rsl_text_puts(text, ":rate");
    } else {
        rsl_fault_print_amount(&s->amount, text);
        /* A rate of 0 or 1 shall not read as a count. */
        if (text->status == RSL_OK && is_whole(text->at + from + 1)) rsl_text_puts(text, ".0");
    }
}

static void print_value(float value, struct rsl_text *text) {
    if (isnan(value))
        rsl_text_puts(text, "nan");
    else if (isinf(value))
        rsl_text_puts(text, value < 0 ? "-inf" : "inf");
    else
        rsl_fault_print_number((double)value, text);
}

static void print_keys(const struct rsl_fault_setting *s, struct rsl_text *text) {
    const struct rsl_neuron *n = s->own;
    const struct rsl_site_model *m = &n->model;
    if (n->inputs) rsl_text_puts(text, " at=inputs");
    if (m->pick) rsl_text_printf(text, " pick=%s", pick_name((size_t)m->pick));
    if (m->form) rsl_text_printf(text, " as=%s", rsl_site_form_name((size_t)m->form));
    if (m->last_channel >= m->first_channel)
        rsl_text_printf(text, " channels=%lld", (long long)m->first_channel);
    if (m->last_channel > m->first_channel)
        rsl_text_printf(text, "-%lld", (long long)m->last_channel);
    if (m->fixed) {
        rsl_text_puts(text, " value=");
        print_value(m->value, text);
    }
    if (m->pattern) rsl_text_printf(text, " pattern=%s", pattern_name((size_t)m->pattern));
    if (m->pattern == RSL_PATTERN_BLOCK)
        rsl_text_printf(text, ":%lldx%lld", (long long)m->block_height, (long long)m->block_width);
}

const struct rsl_fault_model rsl_fault_neuron = {
    .name = "neuron",
    .arguments = "[:K|:RATE|:rate]",
    .about = "K activations (1) are struck, or each of their bits RATE times on average",
    .options = RSL_TAKES_LAYERS | RSL_TAKES_POSITIONS,
    .keys = keys,
    .own = sizeof(struct rsl_neuron),
    .parse = parse,
    .finish = finish,
    .print = print,
    .print_keys = print_keys,
};

bool rsl_fault_spec_neuron(const struct rsl_fault_spec *spec, int model, struct rsl_neuron *n) {
    const struct rsl_fault_setting *s = rsl_fault_spec_setting(spec, model);
    if (s->model != &rsl_fault_neuron) return false;
    *n = *(const struct rsl_neuron *)s->own;
    bool count = s->amount.kind == RSL_AMOUNT_COUNT;
    n->model.amount = count ? RSL_SITES_COUNT : RSL_SITES_POISSON;
    n->model.count = s->amount.count;
    n->model.rate = s->amount.rate;
    return true;
}
