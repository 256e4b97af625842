/* See sram_map.h. */
#include "fault/sram_map.h"

#include "base/status.h"
#include "base/vec.h"
#include "fault/mt19937.h"

int rsl_sram_map(struct rsl_faults *f, double rate, uint32_t seed) {
    struct rsl_mt19937 m;
    f->map.n = 0;
    rsl_mt19937_seed(&m, seed);
    for (uint32_t cell = 0; cell < RSL_SRAM_CELLS; cell++)
        if (rsl_mt19937_unit(&m) < rate) RSL_TRY(rsl_vec_push(&f->map, cell * 2));
    rsl_mt19937_seed(&m, seed + 1);
    uint32_t drawn = 0;
    for (size_t i = 0; i < f->map.n; i++) {
        uint32_t cell = f->map.at[i] / 2;
        rsl_mt19937_skip(&m, 2 * (cell - drawn)); /* two words make one number */
        f->map.at[i] += rsl_mt19937_unit(&m) < 0.5;
        drawn = cell + 1;
    }
    return RSL_OK;
}
