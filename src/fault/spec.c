/* Specs of faults: text to settings and back.
 *
 *     SPEC   = MODEL { " + " MODEL }
 *     MODEL  = NAME { ":" ARGUMENT } { " " KEY "=" ITEM { "," ITEM } }
 *
 * Double quotes take blanks, commas, colons and all else as they are. Keys: sampling, regions,
 * layers, bits, and those of single models. A model's file says what its arguments and own keys
 * are. */
#include "fault/spec.h"

#include "base/alloc.h"
#include "base/nearest.h"
#include "base/status.h"
#include "base/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rsl_fault_spec {
    struct rsl_arena arena;
    struct {
        struct rsl_fault_setting *at;
        size_t n, cap;
    } models;
};

/* ---- the table ---- */

#define X(symbol) extern const struct rsl_fault_model rsl_fault_##symbol;
#include "fault/faults.def"
#undef X

static const struct rsl_fault_model *const models[] = {
#define X(symbol) &rsl_fault_##symbol,
#include "fault/faults.def"
#undef X
};

enum { MODELS = sizeof models / sizeof *models };

const struct rsl_fault_model *rsl_fault_model(size_t i) {
    return i < MODELS ? models[i] : NULL;
}

static const char *model_name(size_t i) {
    return i < MODELS ? models[i]->name : NULL;
}

int rsl_fault_model_help(int i, const char **name, const char **arguments, const char **about) {
    if (i < 0 || i >= MODELS) return 0;
    *name = models[i]->name;
    *arguments = models[i]->arguments;
    *about = models[i]->about;
    return 1;
}

/* ---- words ---- */

struct cursor {
    const char *at;
    struct rsl_arena *arena;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct cursor *c) {
    while (is_blank(*c->at)) c->at++;
}

/* The text up to an unquoted blank or one of `stops`, without its quotes. */
static int take_word(struct cursor *c, const char *stops, char **word) {
    const char *end = c->at;
    bool quoted = false;
    for (; *end && (quoted || !(is_blank(*end) || strchr(stops, *end))); end++)
        if (*end == '"') quoted = !quoted;
    if (quoted) return rsl_fail(RSL_EARG, "the quote in '%.60s' is not closed", c->at);
    char *w = *word = rsl_arena_alloc(c->arena, (size_t)(end - c->at) + 1);
    if (!w) return RSL_ENOMEM;
    for (; c->at < end; c->at++)
        if (*c->at != '"') *w++ = *c->at;
    return RSL_OK;
}

/* Words separated by `separator` (0: one word); the cursor is left behind the last. */
static int take_words(struct cursor *c, char separator, const char *stops,
                      struct rsl_fault_words *words) {
    struct {
        char **at;
        size_t n, cap;
    } v = {0};
    int rc = RSL_OK;
    do {
        char *word;
        rc = take_word(c, stops, &word);
        if (rc == RSL_OK) rc = rsl_vec_push(&v, word);
    } while (rc == RSL_OK && separator && *c->at == separator && c->at++);
    words->n = (int)v.n;
    words->at = rc == RSL_OK ? rsl_arena_memdup(c->arena, v.at, v.n * sizeof *v.at) : NULL;
    rsl_free(v.at);
    return rc < 0 ? rc : words->at ? RSL_OK : RSL_ENOMEM;
}

/* ---- options ---- */

static int parse_sampling(struct rsl_fault_setting *s, const struct rsl_fault_words *items) {
    if (items->n == 1 && strcmp(items->at[0], "bits") == 0)
        s->sampling = RSL_SAMPLE_BITS;
    else if (items->n == 1 && strcmp(items->at[0], "layers") == 0)
        s->sampling = RSL_SAMPLE_LAYERS;
    else
        return rsl_fail(RSL_EARG, "sampling is 'bits' or 'layers', not '%.60s'", items->at[0]);
    return RSL_OK;
}

static int parse_regions(struct rsl_fault_setting *s, const struct rsl_fault_words *items) {
    s->selection.regions = 0;
    s->regions_given = true;
    for (int i = 0; i < items->n; i++) {
        unsigned set;
        if (strchr(items->at[i], ','))
            return rsl_fail(RSL_EARG, "regions are separated by commas, without quotes");
        RSL_TRY(rsl_regions_parse(&set, items->at[i]));
        s->selection.regions |= set;
    }
    return RSL_OK;
}

static int parse_layers(struct rsl_fault_setting *s, const struct rsl_fault_words *items) {
    for (int i = 0; i < items->n; i++)
        if (items->at[i][items->at[i][0] == '!'] == 0)
            return rsl_fail(RSL_EARG, "layers= has an empty name");
    s->selection.patterns = (const char *const *)items->at;
    s->selection.n_patterns = items->n;
    return RSL_OK;
}

/* "7", "0-6" or "top". */
static int parse_bit(struct rsl_selection *s, char *text) {
    char *dash = strchr(text, '-');
    int64_t first, last;
    if (strcmp(text, "top") == 0) {
        s->top = true;
        return RSL_OK;
    }
    if (dash) *dash = 0;
    RSL_TRY(rsl_fault_parse_whole(text, "a bit", 0, RSL_MAX_POSITIONS - 1, &first));
    last = first;
    if (dash)
        RSL_TRY(rsl_fault_parse_whole(dash + 1, "a bit", first, RSL_MAX_POSITIONS - 1, &last));
    for (int64_t b = first; b <= last; b++) s->positions[b] = true;
    return RSL_OK;
}

static int parse_bits(struct rsl_fault_setting *s, const struct rsl_fault_words *items) {
    s->selection.some_positions = true;
    for (int i = 0; i < items->n; i++) RSL_TRY(parse_bit(&s->selection, items->at[i]));
    return RSL_OK;
}

static const struct option {
    const char *key;
    unsigned needs; /* of rsl_fault_options */
    int (*parse)(struct rsl_fault_setting *s, const struct rsl_fault_words *items);
} options[] = {
    {"sampling", RSL_TAKES_SAMPLING, parse_sampling},
    {"regions", RSL_TAKES_REGIONS, parse_regions},
    {"layers", RSL_TAKES_LAYERS, parse_layers},
    {"bits", RSL_TAKES_POSITIONS, parse_bits},
};

enum { OPTIONS = sizeof options / sizeof *options };

static const char *option_key(size_t i) {
    return i < OPTIONS ? options[i].key : NULL;
}

/* Reads the items and has them parsed; `given` has a bit for each option that was there before. */
static int parse_items(struct rsl_fault_setting *s, struct cursor *c, const char *key,
                       unsigned *given, unsigned bit,
                       int (*parse)(struct rsl_fault_setting *s,
                                    const struct rsl_fault_words *items)) {
    struct rsl_fault_words items;
    if (*given >> bit & 1) return rsl_fail(RSL_EARG, "%s= is there twice", key);
    *given |= 1u << bit;
    RSL_TRY(take_words(c, ',', ",", &items));
    return parse(s, &items);
}

/* KEY=ITEM,... */
static int parse_option(struct rsl_fault_setting *s, struct cursor *c, unsigned *given) {
    const struct rsl_fault_key *own = s->model->keys;
    char *key;
    RSL_TRY(take_word(c, "=", &key));
    if (*c->at != '=')
        return rsl_fail(RSL_EARG,
                        "'%.60s' is no option: they are KEY=VALUE, and ' + ' begins "
                        "another model",
                        key);
    c->at++;
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strcmp(key, options[i].key) != 0) continue;
        if (!(s->model->options & options[i].needs))
            return rsl_fail(RSL_EARG, "%s= has no meaning for %s", key, s->model->name);
        return parse_items(s, c, key, given, (unsigned)i, options[i].parse);
    }
    for (unsigned i = 0; own && own[i].key; i++)
        if (strcmp(key, own[i].key) == 0)
            return parse_items(s, c, key, given, OPTIONS + i, own[i].parse);
    return rsl_fail_unknown("option", key, option_key);
}

/* ---- models ---- */

static const struct rsl_fault_model *find_model(const char *name) {
    for (size_t i = 0; i < MODELS; i++)
        if (strcmp(models[i]->name, name) == 0) return models[i];
    return NULL;
}

static int parse_arguments(struct rsl_fault_setting *s, struct cursor *c) {
    const struct rsl_fault_model *m = s->model;
    struct rsl_fault_words words = {0};
    if (*c->at == ':') {
        c->at++;
        RSL_TRY(take_words(c, m->whole ? 0 : ':', m->whole ? "" : ":", &words));
    }
    if (m->parse) return m->parse(s, &words);
    if (words.n)
        return rsl_fail(RSL_EARG, "'%.60s' is too much: it takes no argument", words.at[0]);
    return RSL_OK;
}

static int parse_model(struct rsl_fault_spec *spec, struct cursor *c) {
    struct rsl_fault_setting s = {.selection.regions = 1u << RSL_REGION_WEIGHTS};
    unsigned given = 0;
    char *name;
    RSL_TRY(take_word(c, ":", &name));
    if (!*name) return rsl_fail(RSL_EARG, "no fault model is named before '%.60s'", c->at);
    s.model = find_model(name);
    if (!s.model) return rsl_fail_unknown("fault model", name, model_name);
    s.own = rsl_arena_alloc(&spec->arena, s.model->own + 1);
    if (!s.own) return RSL_ENOMEM;
    int rc = parse_arguments(&s, c);
    for (skip_blanks(c); rc == RSL_OK && *c->at && *c->at != '+'; skip_blanks(c))
        rc = parse_option(&s, c, &given);
    if (rc == RSL_OK && s.model->finish) rc = s.model->finish(&s);
    if (rc < 0) return rsl_fail_in(rc, "fault model %s", name);
    return rsl_vec_push(&spec->models, s);
}

static int parse(struct rsl_fault_spec *spec, const char *text) {
    struct cursor c = {.at = text, .arena = &spec->arena};
    skip_blanks(&c);
    if (!*c.at) return rsl_fail(RSL_EARG, "no fault model is named; 'ber:1e-5' is one");
    for (;;) {
        RSL_TRY(parse_model(spec, &c));
        if (!*c.at) return RSL_OK;
        c.at++; /* + */
        skip_blanks(&c);
        if (!*c.at) return rsl_fail(RSL_EARG, "no fault model is named after the last '+'");
    }
}

int rsl_fault_spec_parse(struct rsl_fault_spec **spec, const char *text) {
    struct rsl_fault_spec *s = rsl_calloc(1, sizeof *s);
    *spec = NULL;
    if (!s) return RSL_ENOMEM;
    int rc = parse(s, text);
    if (rc < 0) {
        rsl_fault_spec_free(s);
        return rc;
    }
    *spec = s;
    return RSL_OK;
}

void rsl_fault_spec_free(struct rsl_fault_spec *spec) {
    if (!spec) return;
    rsl_free(spec->models.at);
    rsl_arena_free(&spec->arena);
    rsl_free(spec);
}

int rsl_fault_spec_models(const struct rsl_fault_spec *spec) {
    return (int)spec->models.n;
}

const struct rsl_fault_setting *rsl_fault_spec_setting(const struct rsl_fault_spec *spec, int i) {
    return &spec->models.at[i];
}

int rsl_fault_spec_set_layer(struct rsl_fault_spec *spec, const char *layer) {
    const char *name = rsl_arena_strdup(&spec->arena, layer);
    const char **patterns = rsl_arena_memdup(&spec->arena, &name, sizeof name);
    if (!name || !patterns) return RSL_ENOMEM;
    for (size_t i = 0; i < spec->models.n; i++) {
        struct rsl_fault_setting *s = &spec->models.at[i];
        if (!(s->model->options & RSL_TAKES_LAYERS)) continue;
        s->sampling = RSL_SAMPLE_BITS;
        s->selection.patterns = patterns;
        s->selection.n_patterns = 1;
    }
    return RSL_OK;
}

int rsl_fault_spec_set_rate(struct rsl_fault_spec *spec, double rate) {
    bool any = false, settled = false;
    if (!(rate >= 0 && rate <= 1))
        return rsl_fail(RSL_EARG, "the bit error rate is %g; it must be from 0 to 1", rate);
    for (size_t i = 0; i < spec->models.n; i++) {
        struct rsl_amount *a = &spec->models.at[i].amount;
        settled |= a->kind == RSL_AMOUNT_RATE;
        if (!a->open) continue;
        a->kind = RSL_AMOUNT_RATE;
        a->rate = rate;
        any = true;
    }
    if (any) return RSL_OK;
    return rsl_fail(RSL_EARG, settled ? "the fault models have their rates already"
                                      : "the fault models are not of a rate");
}

int rsl_fault_spec_set_regions(struct rsl_fault_spec *spec, unsigned regions) {
    bool any = false;
    for (size_t i = 0; i < spec->models.n; i++) {
        struct rsl_fault_setting *s = &spec->models.at[i];
        if (!(s->model->options & RSL_TAKES_REGIONS)) continue;
        any = true;
        if (!s->regions_given) s->selection.regions = regions;
    }
    return any ? RSL_OK
               : rsl_fail(RSL_EARG, "regions have no meaning for fault model %s",
                          spec->models.at[0].model->name);
}

int rsl_fault_check(const char *text) {
    struct rsl_fault_spec *spec;
    RSL_TRY(rsl_fault_spec_parse(&spec, text));
    rsl_fault_spec_free(spec);
    return RSL_OK;
}

bool rsl_fault_spec_open(const struct rsl_fault_spec *spec) {
    for (size_t i = 0; i < spec->models.n; i++)
        if (spec->models.at[i].amount.kind == RSL_AMOUNT_OPEN) return true;
    return false;
}

double rsl_fault_spec_rate(const struct rsl_fault_spec *spec) {
    const struct rsl_amount *a = &spec->models.at[0].amount;
    return spec->models.n == 1 && a->kind == RSL_AMOUNT_RATE ? a->rate : NAN;
}

bool rsl_fault_spec_upsets(const struct rsl_fault_spec *spec) {
    const struct rsl_fault_setting *s = &spec->models.at[0];
    bool upsets = strcmp(s->model->name, "ber") == 0 || strcmp(s->model->name, "fit") == 0;
    return spec->models.n == 1 && upsets && s->amount.kind != RSL_AMOUNT_COUNT &&
           s->selection.regions == 1U << RSL_REGION_WEIGHTS && !s->selection.some_positions;
}
