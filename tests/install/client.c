/* The smallest client: uses one call of the installed library and one failing on purpose. */
#include <resile/resile.h>
#include <stdio.h>

int main(void) {
    struct rsl_model *model;
    if (rsl_model_load(&model, "/nowhere.onnx") == RSL_OK) return 1;
    printf("resile %s: %s\n", rsl_version(), rsl_errmsg());
    return 0;
}
