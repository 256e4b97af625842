/* See bench_network.h. */
#include "bench_network.h"

#include "command.h"
#include "message.h"

#include <resile/zoo.h>

int bench_network(const char *arch, const char *file, struct rsl_model **model) {
    if (!arch == !file) return usage_error("say what to run: either --arch A or --model FILE");
    int status = arch ? rsl_zoo_build(model, arch, NULL) : rsl_model_load(model, file);
    return status < 0 ? library_error(status) : EXIT_DONE;
}
