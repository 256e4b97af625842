/* Processors and memory, as Linux tells through /proc and /sys/fs/cgroup; where they are missing,
 * values are unknown. See resile/provenance.h. */
#define _GNU_SOURCE /* sched_getaffinity, CPU_COUNT */
#include "resile/provenance.h"

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

/* The first line of a control group's file, version 2 or 1; false when there is none. */
static bool cgroup_line(const char *v2, const char *v1, char *line, int size) {
    FILE *file = fopen(v2, "r");
    if (!file && v1) file = fopen(v1, "r");
    if (!file) return false;
    bool ok = fgets(line, size, file) != NULL;
    fclose(file);
    return ok;
}

double rsl_cpu_quota(void) {
    char line[80];
    double quota = 0, period = 0;
    if (cgroup_line("/sys/fs/cgroup/cpu.max", NULL, line, sizeof line))
        return sscanf(line, "%lf %lf", &quota, &period) == 2 && period > 0 ? quota / period : -1;
    if (!cgroup_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", NULL, line, sizeof line)) return -1;
    quota = atof(line);
    if (!cgroup_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", NULL, line, sizeof line)) return -1;
    period = atof(line);
    return quota > 0 && period > 0 ? quota / period : -1;
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

int64_t rsl_memory_total(void) {
    char line[80];
    int64_t total = meminfo("MemTotal");
    if (!cgroup_line("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                     line, sizeof line))
        return total;
    int64_t limit = (int64_t)strtoll(line, NULL, 10); /* 0 for "max" */
    return limit > 0 && (total < 0 || limit < total) ? limit : total;
}

int64_t rsl_memory_available(void) {
    return meminfo("MemAvailable");
}
