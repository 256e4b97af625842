/* Fault lists: what is written after reading is read as the same list; lines that the memory has
 * are those bits, and written anew they are so again. */
#include "fuzz.h"

#include "base/status.h"
#include "fault/fault_list.h"
#include "fuzz_image.h"

#include <string.h>

static void check(bool holds) {
    if (!holds) abort();
}

/* Written, read and written again. */
static void check_bytes(const struct rsl_fault_list *l) {
    struct rsl_text once = {0}, twice = {0};
    struct rsl_fault_list again;
    rsl_fault_list_print(l, &once);
    if (once.status == RSL_OK && rsl_fault_list_parse(&again, once.at, once.n, "again") == RSL_OK) {
        rsl_fault_list_print(&again, &twice);
        check(twice.status < 0 || (twice.n == once.n && memcmp(twice.at, once.at, once.n) == 0));
        rsl_fault_list_free(&again);
    } else {
        check(strstr(rsl_errmsg(), "memory") != NULL);
    }
    rsl_text_free(&twice);
    rsl_text_free(&once);
}

/* Faults to lines and back. */
static void check_again(const struct rsl_fault *faults, size_t n) {
    struct rsl_fault_list l;
    struct rsl_faults some = {.n = n};
    rsl_fault_list_init(&l);
    some.at = rsl_calloc(n, sizeof *some.at);
    struct rsl_fault *back = rsl_calloc(n, sizeof *back);
    if (some.at && back) {
        if (n) memcpy(some.at, faults, n * sizeof *faults);
        if (rsl_fault_list_add(&l, fuzz_image(), 0, &some) == RSL_OK &&
            rsl_fault_list_resolve(&l, fuzz_image(), back, "again") == RSL_OK)
            for (size_t i = 0; i < n; i++)
                check(back[i].address == faults[i].address && back[i].effect == faults[i].effect);
        else
            check(strstr(rsl_errmsg(), "memory") != NULL);
    }
    rsl_free(back);
    rsl_free(some.at);
    rsl_fault_list_free(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rsl_fault_list l;
    fuzz_limit((size_t)1 << 24);
    if (rsl_fault_list_parse(&l, data, size, "fuzz") < 0) return 0;
    check_bytes(&l);
    struct rsl_fault *faults = rsl_calloc(l.rows.n, sizeof *faults);
    if (faults && rsl_fault_list_resolve(&l, fuzz_image(), faults, "fuzz") == RSL_OK) {
        size_t n = 0; /* those in memory */
        for (size_t i = 0; i < l.rows.n; i++) {
            if (rsl_fault_list_is_site(l.layers.at[l.rows.at[i].layer])) continue;
            check(faults[i].address >= 0 && faults[i].address < fuzz_image()->bits);
            faults[n++] = faults[i];
        }
        check_again(faults, n);
    }
    rsl_free(faults);
    rsl_fault_list_free(&l);
    return 0;
}
