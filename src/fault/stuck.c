/* Cells that read 0, or 1, whatever is written to them. Where the stored bit has that value already
 * nothing changes: with random data half of them are harmless. */
#include "fault/fault_int.h"

static int parse(struct rsl_fault_setting *s, const struct rsl_fault_words *words) {
    return rsl_fault_parse_amount(&s->amount, words, 0);
}

static void print(const struct rsl_fault_setting *s, struct rsl_text *text) {
    rsl_fault_print_amount(&s->amount, text);
}

static int draw0(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                 struct rsl_faults *out) {
    return rsl_fault_sample(stage, seed, trial, RSL_STUCK_0, out);
}

static int draw1(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                 struct rsl_faults *out) {
    return rsl_fault_sample(stage, seed, trial, RSL_STUCK_1, out);
}

static bool sticks(const struct rsl_fault_stage *stage) {
    (void)stage;
    return true;
}

const struct rsl_fault_model rsl_fault_stuck0 = {
    .name = "stuck0",
    .arguments = "[:RATE|:count:K]",
    .about = "each cell is stuck at 0 with probability RATE, or K cells are",
    .options = RSL_TAKES_PLACES | RSL_TAKES_POSITIONS | RSL_TAKES_SAMPLING,
    .parse = parse,
    .print = print,
    .open = rsl_fault_sample_open,
    .draw = draw0,
    .expected = rsl_fault_sample_expected,
    .sticks = sticks,
};

const struct rsl_fault_model rsl_fault_stuck1 = {
    .name = "stuck1",
    .arguments = "[:RATE|:count:K]",
    .about = "each cell is stuck at 1 with probability RATE, or K cells are",
    .options = RSL_TAKES_PLACES | RSL_TAKES_POSITIONS | RSL_TAKES_SAMPLING,
    .parse = parse,
    .print = print,
    .open = rsl_fault_sample_open,
    .draw = draw1,
    .expected = rsl_fault_sample_expected,
    .sticks = sticks,
};
