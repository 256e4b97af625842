/* How the faults of a spec act, as far as its text alone says it. */
#ifndef RSL_FAULT_MANNER_H
#define RSL_FAULT_MANNER_H

#include "fault/fault.h"
#include "fault/site.h"

/* The one effect of all faults in memory (flips, where there are none), and the one form in which
 * all activations are struck (f32). False when they can differ from fault to fault, as those of
 * fault lists and maps do. */
bool rsl_fault_spec_manner(const struct rsl_fault_spec *spec, enum rsl_effect *effect,
                           enum rsl_site_form *form);

#endif
