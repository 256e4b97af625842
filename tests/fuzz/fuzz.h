/* What every fuzz target starts with: one function, and a limit on single allocations, so that a
 * hostile length that is honest (a header may ask for a large tensor) does not count as a finding.
 *
 * A target is one file fuzz_<x>.c with one LLVMFuzzerTestOneInput; its corpus, replayed by every
 * test run, is corpus/<x>. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/alloc.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t fuzz_largest;

static int fuzz_gate(size_t size) {
    return size <= fuzz_largest;
}

/* From here on allocations of more than `largest` bytes are refused. */
static inline void fuzz_limit(size_t largest) {
    fuzz_largest = largest;
    rsl_alloc_gate = fuzz_gate;
}

#endif
