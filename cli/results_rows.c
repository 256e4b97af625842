/* Results as JSON, CSV, and tables for people. */
#include "results_rows.h"

#include "command.h"
#include "output.h"
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

enum { CELL = 96, COLUMNS = 10 };

static const char *const headings[COLUMNS] = {"storage", "fault",    "rate",       "trials",
                                              "images",  "golden %", "accuracy %", "drop %",
                                              "SDC %",   "DUE %"};

static void with_interval(char text[CELL], double value, double low, double high) {
    if (isnan(value))
        snprintf(text, CELL, "-");
    else
        snprintf(text, CELL, "%.2f [%.2f, %.2f]", value, low, high);
}

static void cells_of(char cell[COLUMNS][CELL], const struct rsl_result *r) {
    bool layers = r->sampling && strcmp(r->sampling, "layers") == 0;
    snprintf(cell[0], CELL, "%s", r->storage);
    snprintf(cell[1], CELL, "%s%s", r->fault, layers ? " (sampled by layers)" : "");
    snprintf(cell[2], CELL, isnan(r->ber) ? "-" : "%.3g", r->ber);
    snprintf(cell[3], CELL, "%" PRId64 "%s", r->trials, r->reason ? "" : " so far");
    snprintf(cell[4], CELL, "%" PRId64, r->images);
    snprintf(cell[5], CELL, isnan(r->golden) ? "-" : "%.2f", r->golden);
    with_interval(cell[6], r->accuracy, r->accuracy_low, r->accuracy_high);
    with_interval(cell[7], r->drop, r->drop_low, r->drop_high);
    with_interval(cell[8], 100 * r->sdc, 100 * r->sdc_low, 100 * r->sdc_high);
    with_interval(cell[9], 100 * r->due, 100 * r->due_low, 100 * r->due_high);
}

int results_print_table(const struct rsl_results *results, const char *fault) {
    const struct rsl_result *r;
    char cell[COLUMNS][CELL];
    struct table t = {.align = "llrrrrrrrr"};
    for (int c = 0; c < COLUMNS; c++) table_cell(&t, "%s", headings[c]);
    for (int64_t i = 0; (r = rsl_results_at(results, i)) != NULL; i++) {
        if (fault && strcmp(fault, r->fault) != 0) continue;
        cells_of(cell, r);
        for (int c = 0; c < COLUMNS; c++) table_cell(&t, "%s", cell[c]);
    }
    return table_print(&t);
}

/* A vertical bar would end the cell. */
static void markdown_cell(const char *text) {
    fputs("| ", stdout);
    for (; *text; text++) {
        if (*text == '|') putchar('\\');
        putchar((unsigned char)*text < 0x20 ? '?' : *text);
    }
    putchar(' ');
}

int results_print_markdown(const struct rsl_results *results, const char *fault) {
    const struct rsl_result *r;
    char cell[COLUMNS][CELL];
    for (int c = 0; c < COLUMNS; c++) markdown_cell(headings[c]);
    puts("|");
    for (int c = 0; c < COLUMNS; c++) fputs(c < 2 ? "| --- " : "| ---: ", stdout);
    puts("|");
    for (int64_t i = 0; (r = rsl_results_at(results, i)) != NULL; i++) {
        if (fault && strcmp(fault, r->fault) != 0) continue;
        cells_of(cell, r);
        for (int c = 0; c < COLUMNS; c++) markdown_cell(cell[c]);
        puts("|");
    }
    return EXIT_DONE;
}
