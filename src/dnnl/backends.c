/* The ordered list of back ends: oneDNN first, the reference last. */
#include "dnnl/dnnl_int.h"

const struct rsl_backend *const rsl_backends[] = {&rsl_backend_dnnl, &rsl_backend_reference, NULL};
