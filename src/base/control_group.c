/* See control_group.h. A process is in the group that /proc/self/cgroup names, "0::/a/b" in version
 * 2, "4:memory:/a/b" in version 1, and the limits of /a/b, of /a and of the root all hold. In a
 * container the files of /a/b may be out of sight; then its root is its own group. */
#define _POSIX_C_SOURCE 200809L
#include "base/control_group.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 4096 };

/* A group of one controller, and the ones above it. */
struct group {
    const char *mount;
    char path[PATH]; /* "" for the root */
};

/* Whether the list "cpu,cpuacct" has the controller; version 2 has one hierarchy, without a list.
 */
static bool is_of(const char *list, size_t length, const char *controller) {
    size_t n = strlen(controller);
    for (const char *s = list; s <= list + length; s += strcspn(s, ",:") + 1)
        if (strncmp(s, controller, n) == 0 && (s[n] == ',' || s[n] == ':')) return true;
    return false;
}

static struct group own_group(const char *mount, const char *controller) {
    struct group g = {.mount = mount};
    char line[PATH];
    FILE *file = fopen("/proc/self/cgroup", "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
        if (!path || !is_of(list + 1, (size_t)(path - list - 1), controller)) continue;
        snprintf(g.path, sizeof g.path, "%.*s", (int)strcspn(path + 1, "\n"), path + 1);
    }
    if (file) fclose(file);
    if (strcmp(g.path, "/") == 0) g.path[0] = '\0';
    return g;
}

/* The group above; false at the root. */
static bool ascend(struct group *g) {
    char *slash = strrchr(g->path, '/');
    if (slash) *slash = '\0';
    return slash != NULL;
}

/* The first line of the group's file. */
static bool read_line(const struct group *g, const char *name, char *line, int size) {
    char path[PATH + 128];
    snprintf(path, sizeof path, "%s%s/%s", g->mount, g->path, name);
    FILE *file = fopen(path, "r");
    if (!file) return false;
    bool ok = fgets(line, size, file) != NULL;
    fclose(file);
    return ok;
}

/* ---- processors ---- */

static void take_quota(double quota, double period, double *least) {
    if (quota > 0 && period > 0 && (*least < 0 || quota / period < *least)) *least = quota / period;
}

double rsl_group_cpus(void) {
    struct group g = own_group("/sys/fs/cgroup", "");
    char line[80], period_line[80];
    double least = -1, quota, period;
    do {
        if (read_line(&g, "cpu.max", line, sizeof line) && /* "max 100000" is no limit */
            sscanf(line, "%lf %lf", &quota, &period) == 2)
            take_quota(quota, period, &least);
    } while (ascend(&g));
    g = own_group("/sys/fs/cgroup/cpu", "cpu");
    do {
        if (read_line(&g, "cpu.cfs_quota_us", line, sizeof line) &&
            read_line(&g, "cpu.cfs_period_us", period_line, sizeof period_line))
            take_quota(atof(line), atof(period_line), &least);
    } while (ascend(&g));
    return least;
}

/* ---- memory ---- */

/* The least limits of the group and of those above it. */
static void take_memory(struct group g, const char *most_name, const char *used_name,
                        int64_t *limit, int64_t *left) {
    char most_line[80], used_line[80];
    do {
        if (!read_line(&g, most_name, most_line, sizeof most_line) ||
            !read_line(&g, used_name, used_line, sizeof used_line))
            continue;
        int64_t most = (int64_t)strtoll(most_line, NULL, 10); /* 0 for "max" */
        int64_t used = (int64_t)strtoll(used_line, NULL, 10);
        int64_t rest = most > used ? most - used : 0;
        if (most <= 0) continue;
        if (*limit < 0 || most < *limit) *limit = most;
        if (*left < 0 || rest < *left) *left = rest;
    } while (ascend(&g));
}

void rsl_group_memory(int64_t *limit, int64_t *left) {
    *limit = *left = -1;
    take_memory(own_group("/sys/fs/cgroup", ""), "memory.max", "memory.current", limit, left);
    take_memory(own_group("/sys/fs/cgroup/memory", "memory"), "memory.limit_in_bytes",
                "memory.usage_in_bytes", limit, left);
}
