/* Specs of faults: what parses prints to a text that parses and prints the same; what fits the
 * memory draws ascending addresses within it. Lists, which are files, are left to fuzz_fault_list,
 * published maps to test_fault_sram. */
#include "fuzz.h"

#include "base/status.h"
#include "fault/fault.h"
#include "fuzz_image.h"

#include <string.h>

static void check(bool holds) {
    if (!holds) abort();
}

static void check_text(const struct rsl_fault_spec *spec) {
    char *text = rsl_fault_spec_text(spec), *twice = NULL;
    struct rsl_fault_spec *again;
    if (!text) return;
    check(rsl_fault_spec_parse(&again, text) == RSL_OK);
    twice = rsl_fault_spec_text(again);
    check(!twice || strcmp(text, twice) == 0);
    rsl_free(twice);
    rsl_free(text);
    rsl_fault_spec_free(again);
}

static void check_draws(const struct rsl_fault_spec *spec) {
    struct rsl_fault_source *source;
    struct rsl_faults f = {0};
    double expected = 0;
    if (rsl_fault_source_new(&source, spec, fuzz_image()) < 0) return;
    for (int i = 0; i < rsl_fault_spec_models(spec); i++) expected += rsl_fault_expected(source, i);
    for (uint64_t trial = 0; trial < 2 && expected < 1e5; trial++) {
        if (rsl_faults_draw(source, 1, trial, &f) < 0) break;
        for (size_t i = 0; i < f.n; i++) {
            check(f.at[i].address >= 0 && f.at[i].address < fuzz_image()->bits);
            check(i == 0 || f.at[i - 1].address < f.at[i].address);
        }
    }
    rsl_faults_free(&f);
    rsl_fault_source_free(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rsl_fault_spec *spec;
    char text[2000];
    fuzz_limit((size_t)1 << 24);
    if (size >= sizeof text) return 0;
    if (size) memcpy(text, data, size);
    text[size] = 0;
    if (strstr(text, "list")) return 0;
    if (rsl_fault_spec_parse(&spec, text) < 0) return 0;
    check_text(spec);
    if (rsl_fault_spec_open(spec)) rsl_fault_spec_set_rate(spec, 0.01);
    if (!strstr(text, "tiled")) check_draws(spec); /* a map of a million cells takes too long */
    rsl_fault_spec_free(spec);
    return 0;
}
