/* Flips in one bit position of every weight. The position is that of the stored word: of the code,
 * or of its redundant bits behind it. */
#include "base/status.h"
#include "fault/fault_int.h"

#include <string.h>

static int parse(struct rsl_fault_setting *s, const struct rsl_fault_words *words) {
    int64_t bit = 0;
    if (words->n < 1) return rsl_fail(RSL_EARG, "it takes a bit position, 'bitpos:7'");
    s->selection.some_positions = true;
    if (strcmp(words->at[0], "top") == 0) {
        s->selection.top = true;
    } else {
        RSL_TRY(rsl_fault_parse_whole(words->at[0], "the bit position", 0, RSL_MAX_POSITIONS - 1,
                                      &bit));
        s->selection.positions[bit] = true;
    }
    return rsl_fault_parse_amount(&s->amount, words, 1);
}

static void print(const struct rsl_fault_setting *s, struct rsl_text *text) {
    for (int b = 0; b < RSL_MAX_POSITIONS; b++)
        if (s->selection.positions[b]) rsl_text_printf(text, ":%d", b);
    if (s->selection.top) rsl_text_puts(text, ":top");
    rsl_fault_print_amount(&s->amount, text);
}

const struct rsl_fault_model rsl_fault_bitpos = {
    .name = "bitpos",
    .arguments = ":BIT[:RATE|:count:K]",
    .about = "bit BIT of the weights ('top': the code's highest) is flipped, at a rate or K times",
    .options = RSL_TAKES_PLACES | RSL_TAKES_SAMPLING,
    .parse = parse,
    .print = print,
    .open = rsl_fault_sample_open,
    .draw = rsl_fault_sample_flips,
    .expected = rsl_fault_sample_expected,
};
