/* Results as JSON, CSV, and tables for people. */
#include "results_rows.h"

#include "command.h"
#include "output.h"
#include "results_notes.h"
#include "table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- every value of a row, under the name that JSON and CSV give it ---- */

enum field_type { TEXT, WHOLE, SEED, REAL };

static const struct field {
    const char *key;
    enum field_type type;
    size_t at;
} fields[] = {
#define FIELD(key, type) \
    { #key, type, offsetof(struct rsl_result, key) }
    FIELD(fault, TEXT),
    FIELD(ber, REAL),
    FIELD(sampling, TEXT),
    FIELD(protection, TEXT),
    FIELD(trials, WHOLE),
    FIELD(images, WHOLE),
    FIELD(golden, REAL),
    FIELD(accuracy, REAL),
    FIELD(accuracy_low, REAL),
    FIELD(accuracy_high, REAL),
    FIELD(drop, REAL),
    FIELD(drop_low, REAL),
    FIELD(drop_high, REAL),
    FIELD(sdc, REAL),
    FIELD(sdc_low, REAL),
    FIELD(sdc_high, REAL),
    FIELD(due, REAL),
    FIELD(due_low, REAL),
    FIELD(due_high, REAL),
    FIELD(masked, REAL),
    FIELD(tolerable, REAL),
    FIELD(confidence, REAL),
    FIELD(drop_interval, TEXT),
    FIELD(share_interval, TEXT),
    FIELD(due_interval, TEXT),
    FIELD(runs, WHOLE),
    FIELD(faults, REAL),
    FIELD(changed, REAL),
    FIELD(corrected, REAL),
    FIELD(detected, REAL),
    FIELD(missed, REAL),
    FIELD(expected, REAL),
    FIELD(population, WHOLE),
    FIELD(design, TEXT),
    FIELD(margin, REAL),
    FIELD(reason, TEXT),
    FIELD(storage, TEXT),
    FIELD(encoding, TEXT),
    FIELD(bits_per_weight, REAL),
    FIELD(weight_bits, WHOLE),
    FIELD(scale_bits, WHOLE),
    FIELD(time_ratio, REAL),
    FIELD(p_drop, REAL),
    FIELD(p_drop_bounded, REAL),
    FIELD(rap, REAL),
    FIELD(seed, SEED),
    FIELD(compute, TEXT),
    FIELD(data, TEXT),
    FIELD(split, TEXT),
    FIELD(model, TEXT),
    FIELD(model_sha256, TEXT),
    FIELD(store, TEXT),
};

enum { FIELDS = sizeof fields / sizeof *fields };

static const void *field_of(const struct rsl_result *r, const struct field *f) {
    return (const char *)r + f->at;
}

/* ---- JSON ---- */

static void json_field(struct rsl_json *j, const struct rsl_result *r, const struct field *f) {
    const void *at = field_of(r, f);
    switch (f->type) {
        case TEXT:
            output_json_text(j, f->key, *(const char *const *)at);
            break;
        case WHOLE:
            output_json_int(j, f->key, *(const int64_t *)at);
            break;
        case SEED:
            output_json_int(j, f->key, (int64_t) * (const uint64_t *)at);
            break;
        case REAL:
            output_json_double(j, f->key, *(const double *)at);
            break;
    }
}

int results_print_json(const struct rsl_results *results, const char *fault) {
    const struct rsl_result *r;
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_array(j);
    for (int64_t i = 0; (r = rsl_results_at(results, i)) != NULL; i++) {
        if (fault && strcmp(fault, r->fault) != 0) continue;
        rsl_json_object(j);
        for (int f = 0; f < FIELDS; f++) json_field(j, r, &fields[f]);
        rsl_json_end(j);
    }
    rsl_json_end(j);
    return output_json(j);
}

/* ---- CSV ---- RFC 4180, but for lines that end in LF */

void results_csv_text(const char *text) {
    if (!text) return;
    if (!strpbrk(text, ",\"\n\r")) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"') putchar('"');
        putchar(*text);
    }
    putchar('"');
}

/* The shortest of %.15g, %.16g and %.17g that reads back the same; nothing when unknown. */
static void csv_real(double value) {
    char text[40];
    double back;
    if (isnan(value)) return;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (sscanf(text, "%lf", &back) == 1 && back == value) break;
    }
    fputs(text, stdout);
}

static void csv_field(const struct rsl_result *r, const struct field *f) {
    const void *at = field_of(r, f);
    switch (f->type) {
        case TEXT:
            results_csv_text(*(const char *const *)at);
            break;
        case WHOLE:
            printf("%" PRId64, *(const int64_t *)at);
            break;
        case SEED:
            printf("%" PRIu64, *(const uint64_t *)at);
            break;
        case REAL:
            csv_real(*(const double *)at);
            break;
    }
}

int results_print_csv(const struct rsl_results *results, const char *fault) {
    const struct rsl_result *r;
    for (int f = 0; f < FIELDS; f++) printf("%s%s", f ? "," : "", fields[f].key);
    putchar('\n');
    for (int64_t i = 0; (r = rsl_results_at(results, i)) != NULL; i++) {
        if (fault && strcmp(fault, r->fault) != 0) continue;
        for (int f = 0; f < FIELDS; f++) {
            if (f) putchar(',');
            csv_field(r, &fields[f]);
        }
        putchar('\n');
    }
    return EXIT_DONE;
}

/* ---- tables for people ---- */

/* What stands in a column; the first only where there are several stores. */
static const char *const headings[] = {"store",  "storage", "fault",    "rate",
                                       "trials", "images",  "golden %", "accuracy %",
                                       "drop %", "SDC %",   "DUE %"};
static const char align[] = "lllrrrrrrrr";

static bool several_stores(const struct rsl_results *results) {
    const struct rsl_result *r, *first = rsl_results_at(results, 0);
    for (int64_t i = 0; (r = rsl_results_at(results, i)) != NULL; i++)
        if (strcmp(r->store, first->store) != 0) return true;
    return false;
}

static void number(struct table *t, const char *format, double value) {
    if (isnan(value))
        table_cell(t, "-");
    else
        table_cell(t, format, value);
}

static void with_interval(struct table *t, double value, double low, double high) {
    if (isnan(value))
        table_cell(t, "-");
    else
        table_cell(t, "%.2f [%.2f, %.2f]", value, low, high);
}

static void add_row(struct table *t, const struct rsl_result *r, bool store) {
    bool layers = r->sampling && strcmp(r->sampling, "layers") == 0;
    if (store) table_cell(t, "%s", r->store);
    table_cell(t, "%s", r->storage);
    table_cell(t, "%s%s%s%s%s", r->fault, layers ? " (sampled by layers)" : "",
               r->apart ? " (" : "", r->apart ? r->apart : "", r->apart ? ")" : "");
    number(t, "%.3g", r->ber);
    table_cell(t, "%" PRId64 "%s", r->trials, r->reason ? "" : " so far");
    table_cell(t, "%" PRId64, r->images);
    number(t, "%.2f", r->golden);
    with_interval(t, r->accuracy, r->accuracy_low, r->accuracy_high);
    with_interval(t, r->drop, r->drop_low, r->drop_high);
    with_interval(t, 100 * r->sdc, 100 * r->sdc_low, 100 * r->sdc_high);
    with_interval(t, 100 * r->due, 100 * r->due_low, 100 * r->due_high);
}

/* Names are whole: those of mixed storages differ anywhere. */
static struct table table_of(const struct rsl_results *results, const char *fault) {
    const struct rsl_result *r;
    bool store = several_stores(results);
    struct table t = {.align = align + !store};
    for (size_t c = !store; c < sizeof headings / sizeof *headings; c++)
        table_cell(&t, "%s", headings[c]);
    for (int64_t i = 0; (r = rsl_results_at(results, i)) != NULL; i++)
        if (!fault || strcmp(fault, r->fault) == 0) add_row(&t, r, store);
    return t;
}

int results_print_table(const struct rsl_results *results, const char *fault) {
    struct table t = table_of(results, fault);
    int code = table_print(&t);
    if (code == EXIT_DONE) results_print_methods(results, fault);
    return code;
}

int results_print_markdown(const struct rsl_results *results, const char *fault) {
    struct table t = table_of(results, fault);
    int code = table_print_markdown(&t);
    if (code == EXIT_DONE) results_print_methods(results, fault);
    return code;
}
