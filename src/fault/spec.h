/* The inside of a spec, for the source. */
#ifndef RSL_FAULT_SPEC_H
#define RSL_FAULT_SPEC_H

#include "fault/fault_int.h"

const struct rsl_fault_setting *rsl_fault_spec_setting(const struct rsl_fault_spec *spec, int i);

#endif
