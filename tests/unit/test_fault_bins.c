/* Bins part the population: their weights, the bits they draw, how fine they are. */
#include "check.h"

#include "fault/bins.h"
#include "fault_image.h"

#include <math.h>

/* A source and its bins on the small network. */
struct made {
    struct network net;
    struct rsl_fault_spec *spec;
    struct rsl_fault_source *source;
    struct rsl_fault_bins bins;
};

static struct made make(const char *storage, const char *spec, int most) {
    struct made m = {.net = network(storage)};
    check_ok(rsl_fault_spec_parse(&m.spec, spec));
    check_ok(rsl_fault_source_new(&m.source, m.spec, m.net.image));
    check_ok(rsl_fault_bins_init(&m.bins, m.source, most));
    return m;
}

static void free_made(struct made *m) {
    rsl_fault_bins_free(&m->bins);
    rsl_fault_source_free(m->source);
    rsl_fault_spec_free(m->spec);
    network_free(&m->net);
}

/* How fine, and that the weights are those of plain sampling: every bit of the image once, weighed
 * by how likely it is, falls into bins of those weights. */
static void fineness(void **state) {
    (void)state;
    static const struct {
        const char *storage, *spec;
        int most, n;
    } rows[] = {
        {"f32", "single", 96, 96},
        {"f32", "single", 95, 32},
        {"f32", "single", 31, 3},
        {"f32", "single", 2, 1},
        {"affine5/msb", "single", 64, 21},
        {"affine5/secded", "single", 64, 18},
        {"affine5", "bitpos:top:count:1", 64, 3},
        {"affine5", "count:1 bits=0-2 sampling=layers", 64, 9},
        {"affine5", "count:2", 64, 1},
        {"affine5", "ber:1e-3", 64, 1},
        {"affine5", "single + single", 64, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made m = make(rows[i].storage, rows[i].spec, rows[i].most);
        if (m.bins.n != rows[i].n)
            fail_msg("%s %s: %d bins, not %d", rows[i].storage, rows[i].spec, m.bins.n, rows[i].n);
        double sum = 0;
        for (int b = 0; b < m.bins.n; b++) {
            assert_true(m.bins.weights[b] > 0);
            sum += m.bins.weights[b];
        }
        assert_true(fabs(sum - 1) < 1e-12);
        free_made(&m);
    }
}

/* Draws of a bin lie in it, and bins by weight are plain sampling: counts per tensor and position
 * of both agree within five standard errors. */
static void draws(void **state) {
    (void)state;
    static const struct {
        const char *storage, *spec;
        int most;
    } rows[] = {{"affine5/msb", "single", 64},
                {"affine5/msb", "single", 7},
                {"affine4/secded", "single", 64},
                {"affine4/secded", "single", 5},
                {"affine5", "single sampling=layers", 64},
                {"affine5", "single sampling=layers", 5},
                {"affine5", "single sampling=layers", 3},
                {"f32", "bitpos:30:count:1", 64}};
    enum { TRIALS = 30000 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made m = make(rows[i].storage, rows[i].spec, rows[i].most);
        struct rsl_faults faults = {0};
        double binned[16][RSL_MAX_POSITIONS] = {{0}}, plain[16][RSL_MAX_POSITIONS] = {{0}};
        assert_true(m.bins.n > 1);
        int bin = 0;
        double until = m.bins.weights[0];
        for (int k = 0; k < TRIALS; k++) {
            while ((k + 0.5) / TRIALS > until && bin + 1 < m.bins.n) until += m.bins.weights[++bin];
            check_ok(rsl_fault_bins_draw(&m.bins, bin, 4, (uint64_t)k, &faults));
            assert_int_equal(faults.n, 1);
            struct rsl_cell cell = rsl_memory_locate(m.net.image, faults.at[0].address);
            bool check = cell.role.kind == RSL_BIT_CHECK;
            binned[cell.tensor][check ? 0 : cell.b % RSL_MAX_POSITIONS]++;
            assert_int_equal(m.bins.at[bin].position == RSL_BIN_SHARED && !check, 0);
            check_ok(rsl_faults_draw(m.source, 5, (uint64_t)k, &faults));
            cell = rsl_memory_locate(m.net.image, faults.at[0].address);
            check = cell.role.kind == RSL_BIT_CHECK;
            plain[cell.tensor][check ? 0 : cell.b % RSL_MAX_POSITIONS]++;
        }
        for (int t = 0; t < m.net.image->n; t++)
            for (int b = 0; b < RSL_MAX_POSITIONS; b++)
                if (fabs(binned[t][b] - plain[t][b]) > 5 * sqrt(2 * plain[t][b] + 4))
                    fail_msg("%s %s: tensor %d bit %d: %g by bins, %g without", rows[i].storage,
                             rows[i].spec, t, b, binned[t][b], plain[t][b]);
        rsl_faults_free(&faults);
        free_made(&m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(fineness), cmocka_unit_test(draws)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
