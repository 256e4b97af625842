/* SRAM at low voltage: cells that are stuck, at 0 or at 1 equally likely, as NeuralFuse (NeurIPS
 * 2024) uses them.
 *
 *   tiled   bit for bit the published programs. A map (sram_map.h) holds floor(128 / w) words of w
 *           bits per row; word c, bit j is cell c w + j. Every layer begins at row 0, and each row
 *           serves the next C^2 weights, C = floor(128 / w):
 *
 *               weight k  ->  row (k div C^2) mod 8192, word k mod C
 *
 *           (w = 8: row (k div 256) mod 8192, byte k mod 16), so that faults repeat within groups
 *           of C weights and across layers. Trial t uses seed SEED + t; the published test models
 *           are SEED = 50000, the default, and t = 0..9.
 *   iid     what the paper says: each cell of the memory on its own.
 *
 * Stuck cells that hold that value already change nothing: about half of them. */
#include "base/status.h"
#include "fault/fault_int.h"
#include "fault/skip.h"
#include "fault/sram_map.h"

#include <string.h>

enum { PUBLISHED_SEED = 50000, WIDEST = 8 };

struct sram {
    bool tiled, seeded;
    uint32_t seed;
};

static int parse(struct rsl_fault_setting *s, const struct rsl_fault_words *words) {
    struct sram *sram = s->own;
    const char *form = words->n > 0 ? words->at[0] : "";
    int64_t seed;
    sram->tiled = strcmp(form, "tiled") == 0;
    if (!sram->tiled && strcmp(form, "iid") != 0)
        return rsl_fail(RSL_EARG, "the map is 'tiled' (as published) or 'iid', not '%.60s'", form);
    if (words->n > 3) return rsl_fail(RSL_EARG, "'%.60s' after the seed is too much", words->at[3]);
    if (words->n == 3) {
        RSL_TRY(rsl_fault_parse_whole(words->at[2], "the seed", 0, UINT32_MAX, &seed));
        sram->seed = (uint32_t)seed;
        sram->seeded = true;
    }
    if (words->n < 2) return rsl_fault_parse_amount(&s->amount, words, 1);
    s->amount.kind = RSL_AMOUNT_RATE;
    return rsl_fault_parse_rate(words->at[1], &s->amount.rate);
}

static void print(const struct rsl_fault_setting *s, struct rsl_text *text) {
    const struct sram *sram = s->own;
    rsl_text_puts(text, sram->tiled ? ":tiled" : ":iid");
    rsl_fault_print_amount(&s->amount, text);
    if (sram->seeded) rsl_text_printf(text, ":%lu", (unsigned long)sram->seed);
}

/* The published programs know words of up to 8 bits. */
static int open_map(struct rsl_fault_stage *stage) {
    const struct sram *sram = stage->setting->own;
    for (int i = 0; i < stage->population.n && sram->tiled; i++) {
        const struct rsl_memory_tensor *t =
            &stage->image->tensors[stage->population.parts[i].tensor];
        if (rsl_memory_weight_bits(t) > WIDEST || t->storage.protection.kind->stream)
            return rsl_fail(RSL_EUNSUPPORTED,
                            "the tiled map is defined for words of up to 8 bits; '%s' has %d bits "
                            "for an element%s: use 'iid'",
                            t->name, rsl_memory_weight_bits(t),
                            t->storage.protection.kind->stream ? " and shared check bits" : "");
    }
    return RSL_OK;
}

/* ---- tiled ---- */

/* First cell of the map from `row` on; rows are found by halving. */
static size_t row_begin(const struct rsl_faults *f, uint32_t row) {
    size_t low = 0, high = f->map.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->map.at[middle] / 2 / RSL_SRAM_COLUMNS < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The weights that lie in one row of the map: first .. first + C^2 - 1. */
static int place_row(const struct rsl_fault_stage *stage, int tensor, int64_t first, size_t begin,
                     size_t end, struct rsl_faults *out) {
    const struct rsl_memory_tensor *t = &stage->image->tensors[tensor];
    int w = rsl_memory_weight_bits(t), words = RSL_SRAM_COLUMNS / w;
    for (int64_t copy = first; copy < first + words * words && copy < t->count; copy += words) {
        for (size_t i = begin; i < end; i++) {
            int column = (int)(out->map.at[i] / 2 % RSL_SRAM_COLUMNS);
            int64_t weight = copy + column / w;
            if (column / w >= words || weight >= t->count) break; /* so are all that follow */
            int64_t address = rsl_memory_weight_address(stage->image, tensor, weight, column % w);
            RSL_TRY(rsl_faults_push(out, address, out->map.at[i] & 1 ? RSL_STUCK_1 : RSL_STUCK_0));
        }
    }
    return RSL_OK;
}

static int draw_tiled(const struct rsl_fault_stage *stage, uint64_t trial, struct rsl_faults *out) {
    const struct sram *sram = stage->setting->own;
    uint32_t seed = (sram->seeded ? sram->seed : PUBLISHED_SEED) + (uint32_t)trial;
    RSL_TRY(rsl_sram_map(out, stage->setting->amount.rate, seed));
    for (int i = 0; i < stage->population.n; i++) {
        int tensor = stage->population.parts[i].tensor;
        const struct rsl_memory_tensor *t = &stage->image->tensors[tensor];
        int words = RSL_SRAM_COLUMNS / rsl_memory_weight_bits(t);
        for (int64_t first = 0; first < t->count; first += words * words) {
            uint32_t row = (uint32_t)(first / (words * words) % RSL_SRAM_ROWS);
            RSL_TRY(
                place_row(stage, tensor, first, row_begin(out, row), row_begin(out, row + 1), out));
        }
    }
    return RSL_OK;
}

/* ---- iid ---- */

static int draw_iid(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                    struct rsl_faults *out) {
    const struct sram *sram = stage->setting->own;
    const struct rsl_fault_population *p = &stage->population;
    if (sram->seeded) seed = sram->seed;
    struct rsl_rng values = rsl_fault_rng(stage, seed, trial, 1);
    struct rsl_skip skip = rsl_skip(stage->setting->amount.rate, (uint64_t)p->bits,
                                    rsl_fault_rng(stage, seed, trial, 0));
    for (uint64_t bit; rsl_skip_next(&skip, &bit);)
        RSL_TRY(rsl_faults_push(out, rsl_population_address(p, stage->image, (int64_t)bit),
                                rsl_rng_u32(&values) & 1 ? RSL_STUCK_1 : RSL_STUCK_0));
    return RSL_OK;
}

static int draw(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                struct rsl_faults *out) {
    const struct sram *sram = stage->setting->own;
    return sram->tiled ? draw_tiled(stage, trial, out) : draw_iid(stage, seed, trial, out);
}

/* Stuck cells, of which about half change their bit. */
static double expected(const struct rsl_fault_stage *stage) {
    return stage->setting->amount.rate * (double)stage->population.bits;
}

static bool sticks(const struct rsl_fault_stage *stage) {
    (void)stage;
    return true;
}

const struct rsl_fault_model rsl_fault_sram = {
    .name = "sram",
    .arguments = ":tiled|iid[:RATE[:SEED]]",
    .about = "stuck cells of an SRAM at low voltage, in NeuralFuse's published maps or independent",
    .options = RSL_TAKES_PLACES,
    .own = sizeof(struct sram),
    .parse = parse,
    .print = print,
    .open = open_map,
    .draw = draw,
    .expected = expected,
    .sticks = sticks,
};
