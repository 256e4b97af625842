/* Faults from a file: trial t is the t-th injection of the list, whatever the seed, or the one that
 * a shuffle has put there. */
#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"
#include "fault/fault_int.h"
#include "fault/fault_list.h"
#include "fault/listed.h"
#include "fault/spec.h"

#include <stdlib.h>
#include <string.h>

struct arguments {
    const char *path;
    bool as_said; /* as=: of activations */
    enum rsl_site_form as;
};

/* The list's rows, injection by injection: faults in memory, and activations. */
struct injections {
    struct rsl_fault *faults;
    struct rsl_listed_site *sites; /* they point into the list */
    size_t n_faults, n_sites;
    enum rsl_site_form form; /* in which they are struck */
    bool sticks;             /* some cells are stuck */
    int64_t *numbers;        /* of each injection */
    struct {
        struct begin {
            size_t fault, site;
        } * at; /* the first of each injection, and the end */
        size_t n, cap;
    } begin;
    int64_t *order; /* of each trial's injection in `begin` */
    struct rsl_fault_list list;
};

static int parse(struct rsl_fault_setting *s, const struct rsl_fault_words *words) {
    if (words->n != 1 || !*words->at[0])
        return rsl_fail(RSL_EARG, "it takes the name of a file, 'list:faults.csv'");
    ((struct arguments *)s->own)->path = words->at[0];
    s->amount = (struct rsl_amount){.kind = RSL_AMOUNT_COUNT};
    s->selection.regions = (1u << RSL_REGIONS) - 1;
    return RSL_OK;
}

static int parse_as(struct rsl_fault_setting *s, const struct rsl_fault_words *items) {
    struct arguments *a = s->own;
    a->as_said = true;
    return rsl_fault_parse_form(items, &a->as);
}

static const struct rsl_fault_key keys[] = {{"as", parse_as}, {0}};

static void print(const struct rsl_fault_setting *s, struct rsl_text *text) {
    const char *path = ((const struct arguments *)s->own)->path;
    rsl_text_printf(text, strpbrk(path, " \t\n\r") ? ":\"%s\"" : ":%s", path);
}

static void print_keys(const struct rsl_fault_setting *s, struct rsl_text *text) {
    const struct arguments *a = s->own;
    if (a->as_said) rsl_text_printf(text, " as=%s", rsl_site_form_name((size_t)a->as));
}

/* ---- grouping ---- */

struct place {
    int64_t injection;
    size_t row;
};

static int compare(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    if (x->injection != y->injection) return x->injection < y->injection ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int add_site(struct injections *in, size_t row, const struct arguments *a) {
    const struct rsl_list_row *r = &in->list.rows.at[row];
    const char *layer = in->list.layers.at[r->layer];
    int bits = rsl_site_form_bits(in->form);
    if (r->effect != RSL_FLIP)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "'%s', line %zu: bits of an activation are flipped, not stuck", a->path,
                        r->line);
    if (r->bit >= bits)
        return rsl_fail(RSL_EARG, "'%s', line %zu: there is no bit %d: %s has bits 0 to %d",
                        a->path, r->line, r->bit, rsl_site_form_name((size_t)in->form), bits - 1);
    in->sites[in->n_sites++] = (struct rsl_listed_site){.layer = layer,
                                                        .index = in->list.indices.at + r->index,
                                                        .rank = r->rank,
                                                        .bit = r->bit,
                                                        .line = r->line};
    return RSL_OK;
}

/* The one form of all activations: what the rows say, or else as=. */
static int find_form(struct injections *in, const struct arguments *a) {
    const struct rsl_list_row *first = NULL;
    in->form = a->as;
    for (size_t i = 0; i < in->list.rows.n; i++) {
        const struct rsl_list_row *r = &in->list.rows.at[i];
        if (!rsl_fault_list_is_site(in->list.layers.at[r->layer])) continue;
        if (!first) first = r;
        if (r->as != first->as)
            return rsl_fail(RSL_EUNSUPPORTED,
                            "'%s', line %zu: As is not that of line %zu; the activations of a list "
                            "are struck in one form",
                            a->path, r->line, first->line);
    }
    if (!first && a->as_said)
        return rsl_fail(RSL_EARG, "as= is how activations are struck, and '%s' has none", a->path);
    if (!first || first->as == 0) return RSL_OK;
    in->form = (enum rsl_site_form)(first->as - 1);
    if (!a->as_said || a->as == in->form) return RSL_OK;
    return rsl_fail(RSL_EARG, "as=%s, but '%s', line %zu, says %s",
                    rsl_site_form_name((size_t)a->as), a->path, first->line,
                    rsl_site_form_name((size_t)in->form));
}

static int group(struct injections *in, const struct rsl_fault *resolved, struct place *places,
                 const struct arguments *a) {
    const struct rsl_fault_list *l = &in->list;
    for (size_t i = 0; i < l->rows.n; i++) places[i] = (struct place){l->rows.at[i].injection, i};
    qsort(places, l->rows.n, sizeof *places, compare);
    for (size_t i = 0; i < l->rows.n; i++) {
        size_t row = places[i].row;
        if (i == 0 || places[i].injection != places[i - 1].injection) {
            in->numbers[in->begin.n] = places[i].injection;
            RSL_TRY(rsl_vec_push(&in->begin, ((struct begin){in->n_faults, in->n_sites})));
        }
        if (resolved[row].address == RSL_ABSENT) {
            RSL_TRY(add_site(in, row, a));
            continue;
        }
        in->faults[in->n_faults++] = resolved[row];
        in->sticks |= resolved[row].effect != RSL_FLIP;
    }
    return rsl_vec_push(&in->begin, ((struct begin){in->n_faults, in->n_sites}));
}

static int resolve(struct injections *in, const struct rsl_memory *image,
                   const struct arguments *a) {
    size_t n = in->list.rows.n;
    in->faults = rsl_calloc(n, sizeof *in->faults);
    in->sites = rsl_calloc(n, sizeof *in->sites);
    in->numbers = rsl_calloc(n, sizeof *in->numbers);
    struct rsl_fault *resolved = rsl_calloc(n, sizeof *resolved);
    struct place *places = rsl_calloc(n, sizeof *places);
    bool room = in->faults && in->sites && in->numbers && resolved && places;
    int rc = room ? rsl_fault_list_resolve(&in->list, image, resolved, a->path) : RSL_ENOMEM;
    if (rc == RSL_OK) rc = find_form(in, a);
    if (rc == RSL_OK) rc = group(in, resolved, places, a);
    rsl_free(places);
    rsl_free(resolved);
    return rc;
}

static int order_as_listed(struct injections *in) {
    in->order = rsl_calloc(in->begin.n, sizeof *in->order);
    if (!in->order) return RSL_ENOMEM;
    for (size_t i = 0; i < in->begin.n; i++) in->order[i] = (int64_t)i;
    return RSL_OK;
}

static int open_list(struct rsl_fault_stage *stage) {
    const struct arguments *a = stage->setting->own;
    struct injections *in = stage->bound = rsl_calloc(1, sizeof *in);
    if (!in) return RSL_ENOMEM;
    RSL_TRY(rsl_fault_list_read(&in->list, a->path));
    if (in->list.rows.n == 0) return rsl_fail(RSL_EFORMAT, "'%s' has no faults", a->path);
    RSL_TRY(resolve(in, stage->image, a));
    RSL_TRY(order_as_listed(in));
    if (in->n_faults == 0) rsl_population_free(&stage->population);
    if (in->n_sites == 0) rsl_fault_list_free(&in->list);
    return RSL_OK;
}

static void close_list(struct rsl_fault_stage *stage) {
    struct injections *in = stage->bound;
    if (!in) return;
    rsl_fault_list_free(&in->list);
    rsl_free(in->faults);
    rsl_free(in->sites);
    rsl_free(in->numbers);
    rsl_free(in->begin.at);
    rsl_free(in->order);
    rsl_free(in);
}

/* ---- trials ---- */

static bool sticks(const struct rsl_fault_stage *stage) {
    const struct injections *in = stage->bound;
    return in->sticks;
}

static int64_t trials(const struct rsl_fault_stage *stage) {
    const struct injections *in = stage->bound;
    return (int64_t)in->begin.n - 1;
}

/* Where the trial's injection begins; the next one is its end. */
static const struct begin *begin_of(const struct injections *in, uint64_t trial) {
    return &in->begin.at[in->order[trial]];
}

static int64_t number(const struct rsl_fault_stage *stage, uint64_t trial) {
    const struct injections *in = stage->bound;
    return in->numbers[in->order[trial]];
}

static int draw(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                struct rsl_faults *out) {
    const struct injections *in = stage->bound;
    (void)seed;
    if (trial >= (uint64_t)trials(stage))
        return rsl_fail(RSL_EARG, "the fault list '%s' has %lld injections; there is no trial %llu",
                        ((const struct arguments *)stage->setting->own)->path,
                        (long long)trials(stage), (unsigned long long)trial);
    const struct begin *begin = begin_of(in, trial);
    for (size_t i = begin[0].fault; i < begin[1].fault; i++)
        RSL_TRY(rsl_faults_push(out, in->faults[i].address, in->faults[i].effect));
    return RSL_OK;
}

/* Fisher and Yates. */
static void shuffle(struct rsl_fault_stage *stage, struct rsl_rng rng, int64_t n) {
    struct injections *in = stage->bound;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)rsl_rng_below(&rng, (uint64_t)i + 1), other = in->order[j];
        in->order[j] = in->order[i];
        in->order[i] = other;
    }
}

static void fingerprint(const struct rsl_fault_stage *stage, struct rsl_sha256 *s) {
    const struct injections *in = stage->bound;
    if (in->form != ((const struct arguments *)stage->setting->own)->as) /* the spec has it else */
        rsl_sha256_add(s, &in->form, sizeof in->form);
    for (size_t j = 0; j + 1 < in->begin.n; j++) {
        const struct begin *begin = &in->begin.at[j];
        for (size_t i = begin[0].fault; i < begin[1].fault; i++) {
            const int64_t fields[] = {in->numbers[j], in->faults[i].address,
                                      (int64_t)in->faults[i].effect};
            rsl_sha256_add(s, fields, sizeof fields);
        }
        for (size_t i = begin[0].site; i < begin[1].site; i++) {
            const struct rsl_listed_site *site = &in->sites[i];
            const int64_t fields[] = {in->numbers[j], site->bit, site->rank};
            rsl_sha256_add(s, fields, sizeof fields);
            rsl_sha256_add(s, site->index, (size_t)site->rank * sizeof *site->index);
            rsl_sha256_add(s, site->layer, strlen(site->layer) + 1);
        }
    }
}

static double expected(const struct rsl_fault_stage *stage) {
    const struct injections *in = stage->bound;
    return (double)(in->n_faults + in->n_sites) / (double)trials(stage);
}

const struct rsl_fault_model rsl_fault_list_model = {
    .name = "list",
    .arguments = ":FILE",
    .about = "the faults of a CSV list, one injection per trial",
    .whole = true,
    .own = sizeof(struct arguments),
    .parse = parse,
    .keys = keys,
    .print = print,
    .print_keys = print_keys,
    .open = open_list,
    .close = close_list,
    .draw = draw,
    .expected = expected,
    .sticks = sticks,
    .trials = trials,
    .number = number,
    .shuffle = shuffle,
    .fingerprint = fingerprint,
};

/* ---- activations ---- */

bool rsl_fault_spec_listed(const struct rsl_fault_spec *spec, int model) {
    return rsl_fault_spec_setting(spec, model)->model == &rsl_fault_list_model;
}

struct rsl_listed_sites rsl_listed_sites(const struct rsl_fault_source *source, int model) {
    const struct rsl_fault_stage *stage = rsl_fault_stage(source, model);
    if (stage->setting->model != &rsl_fault_list_model) return (struct rsl_listed_sites){0};
    const struct injections *in = stage->bound;
    const struct arguments *a = stage->setting->own;
    return (struct rsl_listed_sites){a->path, in->form, in->sites, in->n_sites,
                                     (int64_t)in->begin.n - 1};
}

void rsl_listed_of_trial(const struct rsl_fault_source *source, int model, uint64_t trial,
                         size_t *first, size_t *n) {
    const struct injections *in = rsl_fault_stage(source, model)->bound;
    const struct begin *begin = begin_of(in, trial);
    *first = begin[0].site;
    *n = begin[1].site - begin[0].site;
}
