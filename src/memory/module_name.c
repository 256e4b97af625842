/* See module_name.h. */
#include "memory/module_name.h"

#include "memory/layer_name.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 512 };

const char *rsl_module_stripped(const char *name) {
    static const char prefix[] = "module.";
    return strncmp(name, prefix, sizeof prefix - 1) == 0 ? name + sizeof prefix - 1 : name;
}

/* The exporter writes the modules from the outermost on, and last the operator. A module of a
 * Sequential repeats the Sequential's own name, "/layer1/layer1.0": it stands in its place. */
static bool path_of(const char *node, char path[ROOM]) {
    size_t n = 0, parent = 0, length = strlen(node);
    const char *begin = node + 1, *end;
    if (node[0] != '/' || length > ROOM - 12) return false;
    for (; (end = strchr(begin, '/')); begin = end + 1) {
        size_t size = (size_t)(end - begin), own = n - parent;
        bool repeats =
            n > 0 && size > own && memcmp(begin, path + parent, own) == 0 && begin[own] == '.';
        if (n > 0 && !repeats) path[n++] = '.';
        if (!repeats) parent = n;
        memcpy(path + parent, begin, size);
        n = parent + size;
    }
    path[n] = 0;
    return n > 0;
}

static bool is_weight_of(const char *pattern, const char *module) {
    char name[ROOM];
    int n = snprintf(name, sizeof name, "%s.weight", module);
    return n < ROOM && rsl_name_matches(pattern, name, (size_t)n);
}

bool rsl_module_matches(const char *pattern, const char *node) {
    char path[ROOM];
    if (is_weight_of(pattern, node)) return true;
    if (!path_of(node, path)) return false;
    const char *module = rsl_module_stripped(path);
    return rsl_name_matches(pattern, module, strlen(module)) || is_weight_of(pattern, module);
}
