/* Faults in activations as part of a spec: the model "neuron". Fault sources, which know memory
 * only, draw nothing for it; the campaign finds its sites in the network (campaign/activation.h)
 * and draws with rsl_sites_draw. */
#ifndef RSL_FAULT_NEURON_H
#define RSL_FAULT_NEURON_H

#include "fault/site.h"

struct rsl_neuron {
    struct rsl_site_model model;
    bool inputs;                 /* strikes what operators read, not what they compute */
    const char *const *patterns; /* of layers: names, operators, indices; live as the spec */
    int n_patterns;
};

/* Whether model number `model` of the spec is one, and then which. A rate that is still open is
 * 0. */
bool rsl_fault_spec_neuron(const struct rsl_fault_spec *spec, int model, struct rsl_neuron *n);

#endif
