/* Processors and memory, as Linux tells through /proc and the control groups; where they are
 * missing, values are unknown. See resile/provenance.h. */
#define _GNU_SOURCE /* sched_getaffinity, CPU_COUNT */
#include "resile/provenance.h"

#include "base/control_group.h"

#include <omp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What stands behind the colon of the file's first line that begins with `key` and has one. */
static bool proc_line(const char *path, const char *key, char *text, size_t size) {
    char line[8192];
    bool found = false;
    FILE *file = fopen(path, "r");
    text[0] = '\0';
    if (!file) return false;
    while (!found && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) != 0) continue;
        const char *value = strchr(line, ':');
        if (!value) continue;
        value += 1 + strspn(value + 1, " \t");
        snprintf(text, size, "%.*s", (int)strcspn(value, "\n"), value);
        found = true;
    }
    fclose(file);
    return found;
}

void rsl_cpu_name(char *text, size_t size) {
    if (!proc_line("/proc/cpuinfo", "model name", text, size))
        proc_line("/proc/cpuinfo", "CPU part", text, size);
}

static bool has_word(const char *list, const char *word) {
    size_t n = strlen(word);
    for (const char *s = list; (s = strstr(s, word)) != NULL; s += n)
        if ((s == list || s[-1] == ' ') && (s[n] == ' ' || s[n] == '\0')) return true;
    return false;
}

void rsl_cpu_features(char *text, size_t size) {
    static const char *const known[] = {
        "sse4_2",      "avx",         "avx2",     "fma",      "f16c",     "avx512f",  "avx512bw",
        "avx512vl",    "avx512_vnni", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16", "avx512_bf16",
        "avx512_fp16", "asimd",       "asimdhp",  "sve",      "bf16",     "i8mm"};
    char flags[8192];
    if (!proc_line("/proc/cpuinfo", "flags", flags, sizeof flags))
        proc_line("/proc/cpuinfo", "Features", flags, sizeof flags);
    size_t n = 0;
    if (size) text[0] = '\0';
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (has_word(flags, known[i]) && n < size)
            n += (size_t)snprintf(text + n, size - n, "%s%s", n ? " " : "", known[i]);
}

int rsl_cpu_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

double rsl_cpu_quota(void) {
    return rsl_group_cpus();
}

int rsl_cpu_threads(void) {
    int threads = omp_get_max_threads(), processors = omp_get_num_procs();
    return threads < processors ? threads : processors;
}

/* "16318480 kB" of /proc/meminfo in bytes. */
static int64_t meminfo(const char *key) {
    char text[64];
    if (!proc_line("/proc/meminfo", key, text, sizeof text)) return -1;
    return (int64_t)strtoll(text, NULL, 10) * 1024;
}

/* The lesser; a negative number is not known. */
static int64_t lesser(int64_t a, int64_t b) {
    return b >= 0 && (a < 0 || b < a) ? b : a;
}

int64_t rsl_memory_total(void) {
    int64_t limit, left;
    rsl_group_memory(&limit, &left);
    return lesser(meminfo("MemTotal"), limit);
}

int64_t rsl_memory_available(void) {
    int64_t limit, left;
    rsl_group_memory(&limit, &left);
    return lesser(meminfo("MemAvailable"), left);
}
