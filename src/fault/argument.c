/* Arguments of fault models: numbers and amounts, in and out. See fault_int.h. */
#include "base/number.h"
#include "base/status.h"
#include "fault/fault_int.h"

#include <stdlib.h>
#include <string.h>

int rsl_fault_parse_number(const char *text, const char *what, double low, double high,
                           double *value) {
    if (!rsl_parse_decimal(text, value))
        return rsl_fail(RSL_EARG, "%s is '%.60s', which is no number", what, text);
    if (*value < low || *value > high)
        return rsl_fail(RSL_EARG, "%s is %.60s; it must be from %g to %g", what, text, low, high);
    return RSL_OK;
}

int rsl_fault_parse_rate(const char *text, double *rate) {
    return rsl_fault_parse_number(text, "the rate", 0, 1, rate);
}

int rsl_fault_parse_whole(const char *text, const char *what, int64_t low, int64_t high,
                          int64_t *value) {
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits])
        return rsl_fail(RSL_EARG, "%s is '%.60s', which is no whole number", what, text);
    *value = digits <= 18 ? strtoll(text, NULL, 10) : INT64_MAX;
    if (*value < low || *value > high)
        return rsl_fail(RSL_EARG, "%s is %.60s; it must be from %lld to %lld", what, text,
                        (long long)low, (long long)high);
    return RSL_OK;
}

int rsl_fault_parse_amount(struct rsl_amount *a, const struct rsl_fault_words *words, int first) {
    int n = words->n - first;
    if (n <= 0) {
        a->open = true;
        return RSL_OK;
    }
    if (strcmp(words->at[first], "count") == 0) {
        if (n != 2) return rsl_fail(RSL_EARG, "'count' is followed by one number, 'count:10'");
        a->kind = RSL_AMOUNT_COUNT;
        return rsl_fault_parse_whole(words->at[first + 1], "the count", 1, INT64_MAX - 1,
                                     &a->count);
    }
    if (n > 1)
        return rsl_fail(RSL_EARG, "'%.60s' after the rate is too much", words->at[first + 1]);
    a->kind = RSL_AMOUNT_RATE;
    return rsl_fault_parse_rate(words->at[first], &a->rate);
}

void rsl_fault_print_number(double value, struct rsl_text *text) {
    char digits[RSL_NUMBER_TEXT];
    rsl_text_puts(text, rsl_number_text(value, digits));
}

void rsl_fault_print_amount(const struct rsl_amount *a, struct rsl_text *text) {
    if (a->kind == RSL_AMOUNT_COUNT) {
        rsl_text_printf(text, ":count:%lld", (long long)a->count);
    } else if (a->kind == RSL_AMOUNT_RATE) {
        rsl_text_puts(text, ":");
        rsl_fault_print_number(a->rate, text);
    }
}
