/* usage: read_store [STORE.db ...]
 *
 * What campaigns found, from their stores: one line per fault, rate and storage, with intervals. A
 * store may still be written to. */
#include <resile/store.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>

static void print_row(const struct rsl_result *r) {
    printf("%s on %s, %s, %s", r->model ? r->model : "a model", r->data, r->storage, r->fault);
    if (!isnan(r->ber)) printf(" at %g", r->ber);
    printf("\n  %lld trials of %lld images, %s\n", (long long)r->trials, (long long)r->images,
           r->reason ? "finished" : "so far");
    printf("  accuracy %.2f %%, %.2f to %.2f with %g %% confidence (%s); %.2f %% without faults\n",
           r->accuracy, r->accuracy_low, r->accuracy_high, 100 * r->confidence, r->drop_interval,
           r->golden);
    printf("  another prediction in %.3f %% of all runs, %.3f to %.3f (%s)\n", 100 * r->sdc,
           100 * r->sdc_low, 100 * r->sdc_high, r->share_interval);
}

int main(int argc, char **argv) {
    static const char *const usual[] = {"signs.db"};
    const char *const *stores = argc > 1 ? (const char *const *)(argv + 1) : usual;
    int n = argc > 1 ? argc - 1 : 1;
    struct rsl_results *results = NULL;
    char digest[65];

    int status = rsl_results_read(&results, stores, n, 0.95);
    if (status == RSL_OK)
        for (int64_t i = 0; i < rsl_results_count(results); i++)
            print_row(rsl_results_at(results, i));
    /* Equal digests mean equal campaigns, however they came about. */
    for (int i = 0; i < n && status == RSL_OK; i++) {
        status = rsl_store_fingerprint(stores[i], digest);
        if (status == RSL_OK) printf("%s: %s\n", stores[i], digest);
    }
    if (status < 0) fprintf(stderr, "%s: %s\n", argv[0], rsl_errmsg());
    rsl_results_free(results);
    return status < 0;
}
