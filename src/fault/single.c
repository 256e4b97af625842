/* One flip per trial. */
#include "base/status.h"
#include "fault/fault_int.h"

static int parse(struct rsl_fault_setting *s, const struct rsl_fault_words *words) {
    if (words->n) return rsl_fail(RSL_EARG, "it takes no argument; 'count:K' flips K bits");
    s->amount = (struct rsl_amount){.kind = RSL_AMOUNT_COUNT, .count = 1};
    return RSL_OK;
}

const struct rsl_fault_model rsl_fault_single = {
    .name = "single",
    .arguments = "",
    .about = "one bit is flipped",
    .options = RSL_TAKES_PLACES | RSL_TAKES_POSITIONS | RSL_TAKES_SAMPLING,
    .parse = parse,
    .draw = rsl_fault_sample_flips,
    .expected = rsl_fault_sample_expected,
};
