/* See bins.h. A fault of a bin: first the part in which it lies, by what each part has of the bin,
 * then one of those bits. */
#include "fault/bins.h"

#include "base/alloc.h"
#include "base/status.h"
#include "fault/fault_int.h"

#include <assert.h>

enum { PURPOSE = 0x62 }; /* apart from what models draw with: rsl_fault_rng */

static const struct rsl_memory_tensor *tensor_of(const struct rsl_fault_stage *stage, int part) {
    return &stage->image->tensors[stage->population.parts[part].tensor];
}

/* How many of a part's bits belong to a bin of that position. */
static int64_t bits_in(const struct rsl_fault_stage *stage, int part, int position) {
    const struct rsl_population_part *p = &stage->population.parts[part];
    const struct rsl_memory_tensor *t = tensor_of(stage, part);
    int own = rsl_memory_weight_bits(t);
    if (position == RSL_BIN_ALL) return p->bits;
    if (position == RSL_BIN_SHARED) return p->positions ? 0 : p->bits - own * t->count;
    if (p->positions == 0) return position < own ? t->count : 0;
    for (int i = 0; i < p->positions; i++)
        if (p->position[i] == position) return t->count;
    return 0;
}

/* The share of all faults that falls on those bits. */
static double weight_in(const struct rsl_fault_stage *stage, int part, int position) {
    double bits = (double)bits_in(stage, part, position);
    if (stage->setting->sampling == RSL_SAMPLE_LAYERS)
        return bits / (double)stage->population.parts[part].bits / stage->population.n;
    return bits / (double)stage->population.bits;
}

static double weight_of(const struct rsl_fault_stage *stage, struct rsl_fault_bin bin) {
    if (bin.part != RSL_BIN_ALL) return weight_in(stage, bin.part, bin.position);
    double sum = 0;
    for (int i = 0; i < stage->population.n; i++) sum += weight_in(stage, i, bin.position);
    return sum;
}

/* ---- making ---- */

/* Goes through the bins of one fineness, those without bits left out, and puts them into `bins` if
 * it is not NULL. Returns their number. */
static int64_t list_bins(const struct rsl_fault_stage *stage, bool by_part, bool by_position,
                         struct rsl_fault_bins *bins) {
    int parts = by_part ? stage->population.n : 1;
    int first = by_position ? RSL_BIN_SHARED : RSL_BIN_ALL;
    int end = by_position ? RSL_MAX_POSITIONS : 0;
    int64_t n = 0;
    for (int part = 0; part < parts; part++)
        for (int position = first; position < end; position++) {
            struct rsl_fault_bin bin = {by_part ? part : RSL_BIN_ALL, position};
            if (by_position && position == RSL_BIN_ALL) continue;
            double weight = weight_of(stage, bin);
            if (weight <= 0) continue;
            if (bins) {
                bins->at[n] = bin;
                bins->weights[n] = weight;
            }
            n++;
        }
    return n;
}

static bool single_flip(const struct rsl_fault_stage *stage) {
    return stage && stage->setting->model->draw == rsl_fault_sample_flips &&
           stage->setting->amount.kind == RSL_AMOUNT_COUNT && stage->setting->amount.count == 1;
}

int rsl_fault_bins_init(struct rsl_fault_bins *bins, const struct rsl_fault_source *source,
                        int most) {
    static const struct {
        bool by_part, by_position;
    } finenesses[] = {{true, true}, {false, true}, {true, false}, {false, false}};
    *bins = (struct rsl_fault_bins){.stage = rsl_fault_only_stage(source)};
    assert(most >= 1);
    int64_t n = 1;
    size_t f = 0, last = sizeof finenesses / sizeof *finenesses - 1;
    if (!single_flip(bins->stage)) f = last;
    for (; f < last; f++) {
        n = list_bins(bins->stage, finenesses[f].by_part, finenesses[f].by_position, NULL);
        if (n <= most) break;
    }
    bins->n = f < last ? (int)n : 1;
    bins->weights = rsl_calloc((size_t)bins->n, sizeof *bins->weights);
    bins->at = rsl_calloc((size_t)bins->n, sizeof *bins->at);
    if (!bins->weights || !bins->at) {
        rsl_fault_bins_free(bins);
        return RSL_ENOMEM;
    }
    bins->weights[0] = 1;
    bins->at[0] = (struct rsl_fault_bin){RSL_BIN_ALL, RSL_BIN_ALL};
    if (f < last) list_bins(bins->stage, finenesses[f].by_part, finenesses[f].by_position, bins);
    return RSL_OK;
}

void rsl_fault_bins_free(struct rsl_fault_bins *bins) {
    rsl_free(bins->weights);
    rsl_free(bins->at);
    *bins = (struct rsl_fault_bins){0};
}

/* ---- drawing ---- */

static int draw_part(const struct rsl_fault_bins *bins, int bin, struct rsl_rng *rng) {
    const struct rsl_fault_stage *stage = bins->stage;
    struct rsl_fault_bin b = bins->at[bin];
    if (b.part != RSL_BIN_ALL) return b.part;
    double at = rsl_rng_unit(rng) * bins->weights[bin];
    int last = 0;
    for (int part = 0; part < stage->population.n; part++) {
        double weight = weight_in(stage, part, b.position);
        if (weight <= 0) continue;
        last = part;
        if (at < weight) break;
        at -= weight;
    }
    return last;
}

/* Check bits that weights share are a ninth of a part or more, and found by drawing until one is.
 */
static int64_t draw_shared(const struct rsl_fault_stage *stage, int part, struct rsl_rng *rng) {
    const struct rsl_population_part *p = &stage->population.parts[part];
    for (;;) {
        int64_t bit = p->first + (int64_t)rsl_rng_below(rng, (uint64_t)p->bits);
        int64_t address = rsl_population_address(&stage->population, stage->image, bit);
        if (rsl_memory_locate(stage->image, address).role.kind == RSL_BIT_CHECK) return address;
    }
}

int rsl_fault_bins_draw(const struct rsl_fault_bins *bins, int bin, uint64_t seed, uint64_t trial,
                        struct rsl_faults *out) {
    assert(bins->n > 1 && bin >= 0 && bin < bins->n);
    const struct rsl_fault_stage *stage = bins->stage;
    struct rsl_rng rng = rsl_fault_rng(stage, seed, trial, PURPOSE);
    int part = draw_part(bins, bin, &rng), position = bins->at[bin].position;
    const struct rsl_population_part *p = &stage->population.parts[part];
    int64_t address;
    if (position == RSL_BIN_SHARED) {
        address = draw_shared(stage, part, &rng);
    } else if (position == RSL_BIN_ALL) {
        int64_t bit = p->first + (int64_t)rsl_rng_below(&rng, (uint64_t)p->bits);
        address = rsl_population_address(&stage->population, stage->image, bit);
    } else {
        int64_t weight = (int64_t)rsl_rng_below(&rng, (uint64_t)tensor_of(stage, part)->count);
        address = rsl_memory_weight_address(stage->image, p->tensor, weight, position);
        if (address < 0) return (int)address;
    }
    out->n = 0;
    out->drawn = 1;
    return rsl_faults_push(out, address, RSL_FLIP);
}
