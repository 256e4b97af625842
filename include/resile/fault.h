/* Faults: what can happen to stored bits and to activations. docs/faults.md has the grammar.
 *
 *     ber:1e-5                      single layers=conv1 bits=top
 *     count:10 regions=biases       neuron:1 as=bf16 + ber:1e-7 */
#ifndef RESILE_FAULT_H
#define RESILE_FAULT_H

#include "resile/model.h"
#include "resile/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* RSL_OK, or a sentence that says what is wrong with the spec. Opens no file. */
RSL_API int rsl_fault_check(const char *spec);

/* The kinds of fault models: name, arguments ("[:RATE]"), one line. 0 after the last. */
RSL_API int rsl_fault_model_help(int i, const char **name, const char **arguments,
                                 const char **about);

/* Leveugle et al. (DATE 2009): how many of N possible faults estimate a share with margin e at the
 * confidence whose normal quantile is t, when the share is about p (0.5: the most careful):
 *
 *     n = N / (1 + e^2 (N - 1) / (t^2 p (1 - p)))
 *
 * rounded to the nearest whole number, at least 1, at most N. N >= 1, e > 0, t > 0, 0 < p < 1. */
RSL_API int64_t rsl_fault_sample_size(int64_t N, double e, double t, double p);

/* The probability that a bit is found inverted after `hours` at `fit` upsets per 10^9 hours and
 * Mbit (2^20 bits). */
RSL_API double rsl_fault_ber_of_fit(double fit, double hours);

/* ---- faults of one's own ----
 *
 * A fault model that resile does not have chooses addresses in a model's memory and writes them as
 * a fault list, which campaigns run as "list:FILE":
 *
 *     rsl_fault_writer_new(&w, model, "affine4/msb");
 *     rsl_fault_writer_add(w, trial, address, "flip");
 *     rsl_fault_writer_save(w, "mine.csv");
 *     rsl_fault_writer_free(w);
 *
 * Addresses 0 .. bits-1 are the stored bits of all parameters, weights first, redundant bits
 * included; which bit stands where is said in docs/memory.md. */
struct rsl_fault_writer;

/* `storage` is what the campaign will have; NULL: as the file has the weights (stored codes, f16,
 * bf16), else "f32". The model may be freed before the writer is. */
RSL_API int rsl_fault_writer_new(struct rsl_fault_writer **writer, const struct rsl_model *model,
                                 const char *storage);
RSL_API void rsl_fault_writer_free(struct rsl_fault_writer *writer);
RSL_API int64_t rsl_fault_writer_bits(const struct rsl_fault_writer *writer);

/* One tensor's run of addresses; texts belong to the writer. */
struct rsl_fault_part {
    const char *region; /* "weights", "scales", ... */
    const char *layer;  /* as fault lists name it */
    int64_t address, bits;
    int64_t elements;
};

/* Parts lie one after the other without gaps. RSL_EARG when there is no part i. */
RSL_API int rsl_fault_writer_parts(const struct rsl_fault_writer *writer);
RSL_API int rsl_fault_writer_part(const struct rsl_fault_writer *writer, int i,
                                  struct rsl_fault_part *part);

/* One fault of a trial: faults with the same number strike together. `effect` is "flip", "stuck0"
 * or "stuck1". RSL_EARG: a negative trial, no such address or effect. */
RSL_API int rsl_fault_writer_add(struct rsl_fault_writer *writer, int64_t trial, int64_t address,
                                 const char *effect);
/* The file appears whole or not at all. */
RSL_API int rsl_fault_writer_save(const struct rsl_fault_writer *writer, const char *path);

#ifdef __cplusplus
}
#endif
#endif
