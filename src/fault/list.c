/* Faults from a file: trial t is the t-th injection of the list, whatever the seed, or the one that
 * a shuffle has put there. */
#include "base/alloc.h"
#include "base/status.h"
#include "base/vec.h"
#include "fault/fault_int.h"
#include "fault/fault_list.h"

#include <stdlib.h>
#include <string.h>

/* The list's faults, injection by injection. */
struct injections {
    struct rsl_fault *faults;
    int64_t *numbers; /* of each fault's injection */
    size_t n;
    struct {
        size_t *at; /* first fault of each injection, and the end */
        size_t n, cap;
    } begin;
    int64_t *order; /* of each trial's injection in `begin` */
};

static int parse(struct rsl_fault_setting *s, const struct rsl_fault_words *words) {
    if (words->n != 1 || !*words->at[0])
        return rsl_fail(RSL_EARG, "it takes the name of a file, 'list:faults.csv'");
    *(const char **)s->own = words->at[0];
    s->amount = (struct rsl_amount){.kind = RSL_AMOUNT_COUNT};
    s->selection.regions = (1u << RSL_REGIONS) - 1;
    return RSL_OK;
}

static void print(const struct rsl_fault_setting *s, struct rsl_text *text) {
    const char *path = *(const char *const *)s->own;
    rsl_text_printf(text, strpbrk(path, " \t\n\r") ? ":\"%s\"" : ":%s", path);
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

static int group(struct injections *in, const struct rsl_fault_list *l,
                 const struct rsl_fault *resolved, struct place *places) {
    for (size_t i = 0; i < in->n; i++) places[i] = (struct place){l->rows.at[i].injection, i};
    qsort(places, in->n, sizeof *places, compare);
    for (size_t i = 0; i < in->n; i++) {
        if (i == 0 || places[i].injection != places[i - 1].injection)
            RSL_TRY(rsl_vec_push(&in->begin, i));
        in->faults[i] = resolved[places[i].row];
        in->numbers[i] = places[i].injection;
    }
    return rsl_vec_push(&in->begin, in->n);
}

static int resolve(struct injections *in, const struct rsl_fault_list *l,
                   const struct rsl_memory *image, const char *path) {
    in->n = l->rows.n;
    in->faults = rsl_calloc(in->n, sizeof *in->faults);
    in->numbers = rsl_calloc(in->n, sizeof *in->numbers);
    struct rsl_fault *resolved = rsl_calloc(in->n, sizeof *resolved);
    struct place *places = rsl_calloc(in->n, sizeof *places);
    int rc = in->faults && in->numbers && resolved && places ? RSL_OK : RSL_ENOMEM;
    if (rc == RSL_OK) rc = rsl_fault_list_resolve(l, image, resolved, path);
    if (rc == RSL_OK) rc = group(in, l, resolved, places);
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
    const char *path = *(const char *const *)stage->setting->own;
    struct rsl_fault_list l;
    struct injections *in = stage->bound = rsl_calloc(1, sizeof *in);
    if (!in) return RSL_ENOMEM;
    RSL_TRY(rsl_fault_list_read(&l, path));
    int rc = l.rows.n ? resolve(in, &l, stage->image, path)
                      : rsl_fail(RSL_EFORMAT, "'%s' has no faults", path);
    if (rc == RSL_OK) rc = order_as_listed(in);
    rsl_fault_list_free(&l);
    return rc;
}

static void close_list(struct rsl_fault_stage *stage) {
    struct injections *in = stage->bound;
    if (!in) return;
    rsl_free(in->faults);
    rsl_free(in->numbers);
    rsl_free(in->begin.at);
    rsl_free(in->order);
    rsl_free(in);
}

/* ---- trials ---- */

static int64_t trials(const struct rsl_fault_stage *stage) {
    const struct injections *in = stage->bound;
    return (int64_t)in->begin.n - 1;
}

/* The first fault of the trial; those of its injection follow. */
static size_t first_of(const struct injections *in, uint64_t trial) {
    return in->begin.at[in->order[trial]];
}

static int64_t number(const struct rsl_fault_stage *stage, uint64_t trial) {
    const struct injections *in = stage->bound;
    return in->numbers[first_of(in, trial)];
}

static int draw(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                struct rsl_faults *out) {
    const struct injections *in = stage->bound;
    (void)seed;
    if (trial >= (uint64_t)trials(stage))
        return rsl_fail(RSL_EARG, "the fault list '%s' has %lld injections; there is no trial %llu",
                        *(const char *const *)stage->setting->own, (long long)trials(stage),
                        (unsigned long long)trial);
    for (size_t i = first_of(in, trial); i < in->begin.at[in->order[trial] + 1]; i++)
        RSL_TRY(rsl_faults_push(out, in->faults[i].address, in->faults[i].effect));
    return RSL_OK;
}

/* Fisher and Yates. */
static void shuffle(struct rsl_fault_stage *stage, uint64_t seed) {
    struct injections *in = stage->bound;
    struct rsl_rng rng = rsl_fault_rng(stage, seed, 0, 0);
    for (int64_t i = trials(stage) - 1; i > 0; i--) {
        int64_t j = (int64_t)rsl_rng_below(&rng, (uint64_t)i + 1), other = in->order[j];
        in->order[j] = in->order[i];
        in->order[i] = other;
    }
}

static void fingerprint(const struct rsl_fault_stage *stage, struct rsl_sha256 *s) {
    const struct injections *in = stage->bound;
    for (size_t i = 0; i < in->n; i++) {
        const int64_t fields[] = {in->numbers[i], in->faults[i].address,
                                  (int64_t)in->faults[i].effect};
        rsl_sha256_add(s, fields, sizeof fields);
    }
}

static double expected(const struct rsl_fault_stage *stage) {
    const struct injections *in = stage->bound;
    return (double)in->n / (double)trials(stage);
}

const struct rsl_fault_model rsl_fault_list_model = {
    .name = "list",
    .arguments = ":FILE",
    .about = "the faults of a CSV list, one injection per trial",
    .whole = true,
    .own = sizeof(const char *),
    .parse = parse,
    .print = print,
    .open = open_list,
    .close = close_list,
    .draw = draw,
    .expected = expected,
    .trials = trials,
    .number = number,
    .shuffle = shuffle,
    .fingerprint = fingerprint,
};
