/* `resile doctor`: what this machine offers and what keeps the program from being fast here. */
#include "command.h"
#include "output.h"

#include <resile/data.h>
#include <resile/json.h>
#include <resile/provenance.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct doctor {
    bool json;
};

enum { ADVICE_MAX = 12 };

/* What some uses need beside the program; a path, or a name to be found in $PATH. */
static const struct package {
    const char *name, *file, *use;
} packages[] = {
    {"gnuplot", "gnuplot", "to draw what `report --gnuplot` writes"},
    {"ca-certificates", "/etc/ssl/certs/ca-certificates.crt", "for `data get`"},
    {"mpi", "mpirun", "for campaigns on several machines at once (resile_mpi)"},
};
enum { PACKAGES = sizeof packages / sizeof *packages };

struct machine {
    char cpu[128], features[256];
    int cpus, threads;
    double quota;
    int64_t memory, available;
    char data[4096];
    bool has[PACKAGES];
    int n_advice;
    char advice[ADVICE_MAX][256];
};

static void advise(struct machine *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void advise(struct machine *m, const char *format, ...) {
    va_list args;
    if (m->n_advice == ADVICE_MAX) return;
    va_start(args, format);
    vsnprintf(m->advice[m->n_advice++], sizeof m->advice[0], format, args);
    va_end(args);
}

static void examine_processor(struct machine *m) {
    const char *isa = rsl_cpu_isa(), *dnnl = getenv("DNNL_MAX_CPU_ISA");
    if (strstr(rsl_build(), "sanitizers") || strstr(rsl_build(), "not optimized"))
        advise(m, "this build is for testing (%s) and many times slower: use build/release/resile",
               rsl_build());
    if (dnnl && *dnnl) advise(m, "DNNL_MAX_CPU_ISA=%s limits oneDNN: unset it", dnnl);
    if (!strstr(isa, "AVX512") && !strstr(isa, "AVX2"))
        advise(m, "the processor has no AVX2: convolutions are slow here");
    else if (!strstr(isa, "AVX512"))
        advise(m, "the processor has no AVX-512: about half the speed of one that has");
    if (!strstr(m->features, "amx_bf16") && !strstr(m->features, "avx512_bf16"))
        advise(m,
               "the processor multiplies no bf16: --compute bf16 saves memory here but not time");
}

static void examine_threads(struct machine *m) {
    if (m->quota > 0 && m->quota + 0.01 < m->cpus)
        advise(m, "the control group allows %.2g of %d processors: use --threads %d", m->quota,
               m->cpus, m->quota < 1 ? 1 : (int)m->quota);
    const char *given = getenv("RESILE_THREADS");
    if (given && *given) {
        int64_t n;
        if (!option_whole_number(given, &n) || n < 0 || n > OPTION_THREADS_MAX)
            advise(m, "RESILE_THREADS=%s is no number of threads, 0 to %d: commands refuse it",
                   given, OPTION_THREADS_MAX);
        else if (n > 0 && n < m->cpus)
            advise(m, "RESILE_THREADS=%s uses %d of %d processors", given, (int)n, m->cpus);
    }
    if (m->threads < m->cpus)
        advise(m, "%d of %d processors are used (OMP_NUM_THREADS=%s): raise it or use --threads",
               m->threads, m->cpus, getenv("OMP_NUM_THREADS") ? getenv("OMP_NUM_THREADS") : "");
    if (m->available >= 0 && m->available < INT64_C(1) << 30)
        advise(m, "less than 1 GiB of memory is free: use a small --batch");
}

static bool in_path(const char *name) {
    const char *path = getenv("PATH");
    char file[4096];
    while (path && *path) {
        size_t n = strcspn(path, ":");
        int length = snprintf(file, sizeof file, "%.*s/%s", (int)n, path, name);
        if (length > 0 && (size_t)length < sizeof file && access(file, X_OK) == 0) return true;
        path += n + (path[n] == ':');
    }
    return false;
}

static void examine_packages(struct machine *m) {
    for (int i = 0; i < PACKAGES; i++)
        m->has[i] = packages[i].file[0] == '/' ? access(packages[i].file, R_OK) == 0
                                               : in_path(packages[i].file);
}

static void examine(struct machine *m) {
    struct stat status;
    rsl_cpu_name(m->cpu, sizeof m->cpu);
    rsl_cpu_features(m->features, sizeof m->features);
    m->cpus = rsl_cpu_count();
    m->threads = rsl_cpu_threads();
    m->quota = rsl_cpu_quota();
    m->memory = rsl_memory_total();
    m->available = rsl_memory_available();
    if (rsl_data_root(m->data, sizeof m->data) < 0) m->data[0] = '\0';
    examine_processor(m);
    examine_threads(m);
    examine_packages(m);
    const char *given = getenv("RESILE_DATA");
    if (given && *given && (stat(given, &status) != 0 || !S_ISDIR(status.st_mode)))
        advise(m, "RESILE_DATA=%s is not a folder: create it or change the variable", given);
}

static int print_json(const struct machine *m) {
    struct rsl_json *j = rsl_json_new();
    if (!j) return output_json(j);
    rsl_json_object(j);
    output_json_text(j, "resile", rsl_version());
    output_json_text(j, "build", rsl_build());
    output_json_text(j, "cpu", m->cpu);
    output_json_text(j, "cpu_features", m->features);
    output_json_text(j, "onednn_isa", rsl_cpu_isa());
    output_json_int(j, "processors", m->cpus);
    rsl_json_key(j, "processor_quota");
    if (m->quota > 0)
        rsl_json_double(j, m->quota);
    else
        rsl_json_null(j);
    output_json_int(j, "threads", m->threads);
    output_json_int(j, "memory_bytes", m->memory);
    output_json_int(j, "memory_available_bytes", m->available);
    output_json_text(j, "data_folder", *m->data ? m->data : NULL);
    rsl_json_key(j, "packages");
    rsl_json_object(j);
    for (int i = 0; i < PACKAGES; i++) {
        rsl_json_key(j, packages[i].name);
        rsl_json_bool(j, m->has[i]);
    }
    rsl_json_end(j);
    rsl_json_key(j, "advice");
    rsl_json_array(j);
    for (int i = 0; i < m->n_advice; i++) rsl_json_string(j, m->advice[i]);
    rsl_json_end(j);
    rsl_json_end(j);
    return output_json(j);
}

static double gib(int64_t bytes) {
    return (double)bytes / (double)(INT64_C(1) << 30);
}

static void print_text(const struct machine *m) {
    const char *name, *version;
    printf("resile       %s, %s\n", rsl_version(), rsl_build());
    printf("libraries    ");
    for (int i = 0; (name = rsl_dependency(i, &version)) != NULL; i++)
        printf("%s%s %s", i ? ", " : "", name, version);
    printf("\nprocessor    %s\n", *m->cpu ? m->cpu : "unknown");
    printf("features     %s\n", *m->features ? m->features : "unknown");
    printf("oneDNN uses  %s\n", *rsl_cpu_isa() ? rsl_cpu_isa() : "portable code");
    printf("threads      %d on %d processors", m->threads, m->cpus);
    if (m->quota > 0) printf(", of which %.3g may be used", m->quota);
    putchar('\n');
    if (m->memory > 0)
        printf("memory       %.1f GiB, %.1f GiB free\n", gib(m->memory), gib(m->available));
    printf("data         %s\n", *m->data ? m->data : "no folder: set RESILE_DATA");
    printf("packages     ");
    for (int i = 0; i < PACKAGES; i++)
        printf("%s%s%s", i ? ", " : "", packages[i].name, m->has[i] ? "" : " is missing");
    putchar('\n');
    for (int i = 0; i < PACKAGES; i++)
        if (!m->has[i]) printf("             %s: %s\n", packages[i].name, packages[i].use);
    printf(m->n_advice ? "\nWhat to know:\n" : "\nNothing stands in the way.\n");
    for (int i = 0; i < m->n_advice; i++) printf("- %s\n", m->advice[i]);
}

static int run(const void *arguments) {
    const struct doctor *a = arguments;
    struct machine m = {0};
    examine(&m);
    if (a->json) return print_json(&m);
    print_text(&m);
    return EXIT_DONE;
}

static const struct option options[] = {OPTION_JSON(struct doctor, json), {0}};

static const char *const examples[] = {"why is it slow here?", "resile doctor", NULL};

const struct command command_doctor = {
    .name = "doctor",
    .group = "The program",
    .summary = "What this machine offers and what limits the speed on it",
    .examples = examples,
    .options = options,
    .size = sizeof(struct doctor),
    .run = run,
};
