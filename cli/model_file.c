/* See model_file.h. */
#include "model_file.h"

#include <resile/import.h>

#include <stddef.h>

int model_file_open(struct rsl_model **model, const char *path, const char *arch) {
    const struct rsl_import_options o = {.arch = arch};
    return arch ? rsl_import(model, path, &o) : rsl_model_load(model, path);
}
