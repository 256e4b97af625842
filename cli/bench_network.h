/* The network a benchmark runs: one of the zoo, or a file. */
#ifndef CLI_BENCH_NETWORK_H
#define CLI_BENCH_NETWORK_H

#include <resile/model.h>

/* Exactly one of `arch` and `file` is to be given. Returns EXIT_DONE, or the exit code after a
 * complaint. */
int bench_network(const char *arch, const char *file, struct rsl_model **model);

#endif
