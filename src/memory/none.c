/* No protection: what is read is believed. */
#include "memory/protection.h"

const struct rsl_protection_kind rsl_protection_none = {
    .name = "none",
    .about = "nothing but the code",
};
