/* See manner.h. */
#include "fault/manner.h"

#include "fault/fault_int.h"
#include "fault/neuron.h"
#include "fault/spec.h"

#include <string.h>

/* Stuck-at faults of one value are called after their effect. */
static bool effect_of(const struct rsl_fault_model *model, enum rsl_effect *effect) {
    *effect = RSL_FLIP;
    if (!model->sticks) return true;
    for (*effect = RSL_STUCK_0; *effect <= RSL_STUCK_1; ++*effect)
        if (strcmp(model->name, rsl_effect_name(*effect)) == 0) return true;
    return false;
}

bool rsl_fault_spec_manner(const struct rsl_fault_spec *spec, enum rsl_effect *effect,
                           enum rsl_site_form *form) {
    int in_memory = 0, in_activations = 0;
    *effect = RSL_FLIP;
    *form = RSL_AS_F32;
    for (int i = 0; i < rsl_fault_spec_models(spec); i++) {
        struct rsl_neuron neuron;
        enum rsl_effect own;
        if (rsl_fault_spec_neuron(spec, i, &neuron)) {
            if (in_activations++ && *form != neuron.model.form) return false;
            *form = neuron.model.form;
            continue;
        }
        if (!effect_of(rsl_fault_spec_setting(spec, i)->model, &own)) return false;
        if (in_memory++ && *effect != own) return false;
        *effect = own;
    }
    return true;
}
