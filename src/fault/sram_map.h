/* Fault maps of a low-voltage SRAM as NeuralFuse publishes them (randomfault.py): an array of 8192
 * rows of 128 cells; cell i is faulty when U1[i] < rate, and then stuck at 1 when U2[i] < 0.5, else
 * at 0. U1 and U2 are numpy.random.rand(8192, 128) after numpy.random.seed(s) and seed(s + 1). */
#ifndef RSL_FAULT_SRAM_MAP_H
#define RSL_FAULT_SRAM_MAP_H

#include "fault/fault.h"

enum { RSL_SRAM_ROWS = 8192, RSL_SRAM_COLUMNS = 128, RSL_SRAM_CELLS = 8192 * 128 };

/* Fills f->map with the faulty cells, ascending: row * 128 + column, times 2, plus the value that
 * the cell is stuck at. */
int rsl_sram_map(struct rsl_faults *f, double rate, uint32_t seed);

#endif
