/* The ordered list of back ends: stored bits first, then oneDNN, the reference last. */
#include "dnnl/dnnl_int.h"

const struct rsl_backend *const rsl_backends[] = {&rsl_backend_packed, &rsl_backend_dnnl,
                                                  &rsl_backend_reference, NULL};
