/* Upsets at a rate in FIT per Mbit over a time of exposure: bit errors whose rate follows from the
 * two, as device makers state it (JESD89: 1 FIT is one upset in 10^9 device hours). */
#include "base/status.h"
#include "fault/fault_int.h"

#include <math.h>

/* 1 - exp(-x), x >= 0, by + - * / alone, so that it has the same bits on every machine. */
static double one_minus_exp(double x) {
    int halvings = 0;
    if (x > 50) return 1;
    for (; x > 0.5; halvings++) x /= 2;
    double sum = 0;
    for (int k = 20; k >= 1; k--) sum = x / k * (1 - sum); /* x - x^2/2! + x^3/3! - ... */
    for (; halvings > 0; halvings--) sum = sum * (2 - sum);
    return sum;
}

double rsl_fault_ber_of_fit(double fit, double hours) {
    return one_minus_exp(2 * (fit / 0x1p20 / 1e9 * hours)) / 2;
}

struct exposure {
    double fit, hours;
};

static int parse(struct rsl_fault_setting *s, const struct rsl_fault_words *words) {
    struct exposure *e = s->own;
    if (words->n != 2)
        return rsl_fail(RSL_EARG, "it takes a rate in FIT per Mbit and hours, 'fit:700:8760'");
    RSL_TRY(rsl_fault_parse_number(words->at[0], "the rate in FIT per Mbit", 0, 1e30, &e->fit));
    RSL_TRY(rsl_fault_parse_number(words->at[1], "the time in hours", 0, 1e30, &e->hours));
    s->amount.kind = RSL_AMOUNT_RATE;
    s->amount.rate = rsl_fault_ber_of_fit(e->fit, e->hours);
    return RSL_OK;
}

static void print(const struct rsl_fault_setting *s, struct rsl_text *text) {
    const struct exposure *e = s->own;
    rsl_text_puts(text, ":");
    rsl_fault_print_number(e->fit, text);
    rsl_text_puts(text, ":");
    rsl_fault_print_number(e->hours, text);
}

const struct rsl_fault_model rsl_fault_fit = {
    .name = "fit",
    .arguments = ":FIT_PER_MBIT:HOURS",
    .about = "each bit is flipped with the probability that upsets at that rate leave after HOURS",
    .options = RSL_TAKES_PLACES | RSL_TAKES_POSITIONS | RSL_TAKES_SAMPLING,
    .own = sizeof(struct exposure),
    .parse = parse,
    .print = print,
    .draw = rsl_fault_sample_flips,
    .expected = rsl_fault_sample_expected,
};
