/* See results_notes.h. Rows that have the same words are counted together, in the order in which
 * the words first appear. */
#include "results_notes.h"

#include "message.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* ---- the same words ---- */

/* What rows say of one of their intervals: the method, and why it was kept. */
static const struct quantity {
    const char *name;
    size_t method, kept;
} quantities[] = {
    {"drop and accuracy", offsetof(struct rsl_result, drop_interval),
     offsetof(struct rsl_result, drop_kept)},
    {"SDC", offsetof(struct rsl_result, share_interval), offsetof(struct rsl_result, share_kept)},
    {"DUE", offsetof(struct rsl_result, due_interval), offsetof(struct rsl_result, due_kept)},
};

enum { QUANTITIES = sizeof quantities / sizeof *quantities };

static const char *text_at(const struct rsl_result *r, size_t at) {
    return *(const char *const *)((const char *)r + at);
}

static bool same(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Whether two rows have the same method for a quantity, and with `why` the same reason; without a
 * quantity, the same confidence. */
static bool alike(const struct rsl_result *a, const struct rsl_result *b, const struct quantity *q,
                  bool why) {
    if (!q) return a->confidence == b->confidence;
    return same(text_at(a, q->method), text_at(b, q->method)) &&
           (!why || same(text_at(a, q->kept), text_at(b, q->kept)));
}

static const struct rsl_result *row(const struct rsl_results *results, int64_t i,
                                    const char *fault) {
    const struct rsl_result *r = rsl_results_at(results, i);
    return r && (!fault || strcmp(fault, r->fault) == 0) ? r : NULL;
}

/* The rows that say the same as row i; 0 when an earlier one says it, or it is not one of `fault`.
 */
static int64_t rows_like(const struct rsl_results *results, int64_t i, const char *fault,
                         const struct quantity *q, bool why) {
    const struct rsl_result *r = row(results, i, fault), *other;
    int64_t n = 0;
    for (int64_t k = 0; r && k < rsl_results_count(results); k++) {
        other = row(results, k, fault);
        if (!other || !alike(r, other, q, why)) continue;
        if (k < i) return 0;
        n++;
    }
    return n;
}

/* ---- saying them ---- */

static int64_t all_rows(const struct rsl_results *results, const char *fault) {
    int64_t n = 0;
    for (int64_t i = 0; i < rsl_results_count(results); i++) n += row(results, i, fault) != NULL;
    return n;
}

static void print_methods(const struct rsl_results *results, const char *fault, int64_t all,
                          const struct quantity *q) {
    bool first = true;
    for (int64_t i = 0; i < rsl_results_count(results); i++) {
        int64_t n = rows_like(results, i, fault, q, false);
        const struct rsl_result *r = rsl_results_at(results, i);
        if (n == 0) continue;
        if (!first) fputs(", ", stdout);
        first = false;
        if (q)
            fputs(text_at(r, q->method), stdout);
        else
            printf("%.10g %%", 100 * r->confidence);
        if (n < all) printf(" (%" PRId64 " row%s)", n, n == 1 ? "" : "s");
    }
}

void results_print_methods(const struct rsl_results *results, const char *fault) {
    int64_t all = all_rows(results, fault);
    if (all == 0) return;
    fputs("\nIntervals: ", stdout);
    print_methods(results, fault, all, NULL);
    fputs(" confidence", stdout);
    for (int q = 0; q < QUANTITIES; q++) {
        printf("; %s: ", quantities[q].name);
        print_methods(results, fault, all, &quantities[q]);
    }
    putchar('\n');
}

void results_complain_of_kept(const struct rsl_results *results, const char *fault) {
    for (int q = 0; q < QUANTITIES; q++)
        for (int64_t i = 0; i < rsl_results_count(results); i++) {
            int64_t n = rows_like(results, i, fault, &quantities[q], true);
            const struct rsl_result *r = rsl_results_at(results, i);
            const char *kept = text_at(r, quantities[q].kept);
            if (n > 0 && kept)
                complain("%" PRId64 " row%s the interval '%s' of %s: %s", n,
                         n == 1 ? " keeps" : "s keep", text_at(r, quantities[q].method),
                         quantities[q].name, kept);
        }
}
