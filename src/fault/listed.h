/* Activations that the fault lists of a source name. A source knows memory only and draws nothing
 * for them; the campaign finds them in the network and strikes them with the same trials. */
#ifndef RSL_FAULT_LISTED_H
#define RSL_FAULT_LISTED_H

#include "fault/site.h"

/* One row; texts and numbers are the source's. */
struct rsl_listed_site {
    const char *layer;    /* "outputs:conv1", "inputs:conv2:relu1" */
    const int64_t *index; /* channel, row, column, when the rank is right */
    int rank, bit;
    size_t line; /* of the file */
};

struct rsl_listed_sites {
    const char *path;
    enum rsl_site_form form; /* in which they are struck */
    const struct rsl_listed_site *at;
    size_t n;       /* 0 as well for models that are no lists */
    int64_t trials; /* the list's injections */
};

/* Whether the spec's model is a fault list. */
bool rsl_fault_spec_listed(const struct rsl_fault_spec *spec, int model);

/* All those of a model of the spec. */
struct rsl_listed_sites rsl_listed_sites(const struct rsl_fault_source *source, int model);
/* A trial has those from *first on, *n of them. */
void rsl_listed_of_trial(const struct rsl_fault_source *source, int model, uint64_t trial,
                         size_t *first, size_t *n);

#endif
