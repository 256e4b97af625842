/* Faults in memory: what is asked for (spec), where it can strike (population), what a trial gets.
 *
 *     struct rsl_fault_spec *spec;                  text, no model needed yet
 *     struct rsl_fault_source *source;              spec meets a memory image
 *     struct rsl_faults faults = {0};               one trial's faults, reused
 *
 *     RSL_TRY(rsl_fault_spec_parse(&spec, "ber:1e-5 layers=conv1,fc"));
 *     RSL_TRY(rsl_fault_source_new(&source, spec, image));
 *     for each trial
 *         RSL_TRY(rsl_faults_draw(source, seed, trial, &faults));
 *         RSL_TRY(rsl_faults_apply(&faults, cells, &changed));
 *         ... run, then rsl_cells_restore(cells)
 *
 * The faults of a trial are a pure function of (seed, trial, spec, geometry of the image): not of
 * the bits stored there, of earlier trials or of threads. The cost is per fault, not per bit; once
 * the lists have grown, trials allocate nothing. A source is shared by threads; each has its own
 * rsl_faults. docs/faults.md has the grammar of specs; the formulas are in resile/fault.h. */
#ifndef RSL_FAULT_FAULT_H
#define RSL_FAULT_FAULT_H

#include "fault/population.h"
#include "memory/cells.h"
#include "resile/fault.h"

/* ---- what a trial gets ---- */

enum rsl_effect {
    RSL_FLIP,    /* the bit is inverted (in the encoding's way: rsl_encoding_flip) */
    RSL_STUCK_0, /* the cell reads 0 whatever was stored */
    RSL_STUCK_1
};

const char *rsl_effect_name(enum rsl_effect e); /* "flip", "stuck0", "stuck1" */

struct rsl_fault {
    int64_t address; /* of the image */
    enum rsl_effect effect;
};

struct rsl_faults {
    struct rsl_fault *at; /* after drawing: ascending addresses, each once */
    size_t n, cap;
    int64_t drawn; /* before faults of one bit were folded into one or none */
    struct {
        struct rsl_fault *at;
        size_t n, cap;
    } spare; /* room to sort in */
    struct {
        uint32_t *at;
        size_t n, cap;
    } map; /* cells of an SRAM map */
};

void rsl_faults_free(struct rsl_faults *f);

/* Flips and sets the cells' bits; *changed, when not NULL, is how many stored bits that changed:
 * one for each flip, and those stuck cells that held the other value. On failure nothing was
 * changed. */
int rsl_faults_apply(const struct rsl_faults *f, struct rsl_cells *cells, int64_t *changed);

/* ---- specs ---- */

struct rsl_fault_spec;

/* Refuses, with the nearest name, what is no spec. Opens no file. */
int rsl_fault_spec_parse(struct rsl_fault_spec **spec, const char *text);
void rsl_fault_spec_free(struct rsl_fault_spec *spec);
/* Models of the spec. */
int rsl_fault_spec_models(const struct rsl_fault_spec *spec);
/* The rate of every model whose rate the text leaves open ("ber", "bitpos:30"), for sweeps; may be
 * set again. RSL_EARG outside [0,1] or when no model is open. */
int rsl_fault_spec_set_rate(struct rsl_fault_spec *spec, double rate);
/* True while a model has no rate yet. */
bool rsl_fault_spec_open(const struct rsl_fault_spec *spec);
/* The rate per bit of the spec's only model, set or written in the text ("ber:1e-4", and what
 * follows from "fit:700:8760"). NaN for several models, for none yet, and for numbers of faults. */
double rsl_fault_spec_rate(const struct rsl_fault_spec *spec);
/* Whether its only model is upsets of the weights' memory: bits of all positions flip, each at one
 * rate. */
bool rsl_fault_spec_upsets(const struct rsl_fault_spec *spec);
/* layers= of that one layer for every model that takes it, with all bits of it alike: for what a
 * single layer does. The name is copied. */
int rsl_fault_spec_set_layer(struct rsl_fault_spec *spec, const char *layer);
/* A text that parses to the same spec, in one form for all ways of writing it; freed with
 * rsl_free. NULL when memory is refused. */
char *rsl_fault_spec_text(const struct rsl_fault_spec *spec);

/* regions= for every model that takes it and whose text does not have it; `regions` as
 * rsl_regions_parse has them. RSL_EARG when no model takes it. */
int rsl_fault_spec_set_regions(struct rsl_fault_spec *spec, unsigned regions);

/* ---- sources ---- spec and image must outlive them, the spec unchanged */

struct rsl_fault_source;

/* Refuses what the image does not have: layers, bits, more faults than bits; opens fault lists. */
int rsl_fault_source_new(struct rsl_fault_source **source, const struct rsl_fault_spec *spec,
                         const struct rsl_memory *image);
void rsl_fault_source_free(struct rsl_fault_source *source);

/* The faults of a trial. Several models act in the order of the spec: two flips of a bit cancel, a
 * stuck cell stays stuck whatever flips it, and of two stuck-at faults the later one holds.
 * RSL_OK, RSL_ENOMEM, or RSL_EARG for a trial that a fault list does not have. */
int rsl_faults_draw(const struct rsl_fault_source *source, uint64_t seed, uint64_t trial,
                    struct rsl_faults *out);

/* How many different trials there are: the injections of fault lists, else INT64_MAX. */
int64_t rsl_fault_source_trials(const struct rsl_fault_source *source);

/* The number under which a trial is known: its injection in the spec's (first) fault list, else the
 * trial itself. `trial` is one that can be drawn. */
int64_t rsl_fault_source_number(const struct rsl_fault_source *source, uint64_t trial);

/* Lists are often sorted by layer. After this, the first n trials are a random sample of the list,
 * and trial k is an injection that depends on the seed. Before the first trial. */
void rsl_fault_source_shuffle(struct rsl_fault_source *source, uint64_t seed);
/* SHA-256 of what was read from fault lists; "" when there is none. */
void rsl_fault_source_fingerprint(const struct rsl_fault_source *source, char hex[65]);

/* Where the spec's model number `model` can strike; empty for models that strike no memory. */
const struct rsl_fault_population *rsl_fault_population(const struct rsl_fault_source *source,
                                                        int model);
/* Faults that the model draws per trial on average, those included that cancel each other. */
double rsl_fault_expected(const struct rsl_fault_source *source, int model);
/* ... per bit of one part of its population: the error rate that layer really sees. */
double rsl_fault_part_rate(const struct rsl_fault_source *source, int model, int part);
/* Whether some of the source's faults can be stuck cells; else all are flips. */
bool rsl_fault_sticks(const struct rsl_fault_source *source);
/* "bits" or "layers", or NULL for models that do not sample (fault lists, maps). */
const char *rsl_fault_sampling(const struct rsl_fault_source *source, int model);

#endif
