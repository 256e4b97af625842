/* See model_file.h. */
#include "model_file.h"

#include "message.h"

#include <resile/import.h>

#include <stddef.h>
#include <string.h>

static int is_checkpoint(const char *path) {
    static const char *const endings[] = {".pt", ".pth", ".th", ".safetensors", ".npz"};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(dot, endings[i]) == 0) return 1;
    return 0;
}

int model_file_open(struct rsl_model **model, const char *path, const char *arch) {
    const struct rsl_import_options o = {.arch = arch};
    if (arch) return rsl_import(model, path, &o);
    int status = rsl_model_load(model, path);
    if (status == RSL_EFORMAT && is_checkpoint(path))
        complain("a checkpoint needs --arch, the name of its network; 'resile zoo list' has them");
    return status;
}
