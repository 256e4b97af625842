/* Looking at a plan's memory, step by step; see plan.h. */
#include "graph/plan_int.h"

#include <assert.h>

static struct rsl_plan_port port_of(const struct rsl_plan *p, const struct plan_place *place) {
    struct rsl_plan_port port = {.buffer = place->buffer, .layout = place->layout};
    port.data = place->buffer == RSL_ABSENT ? place->constant
                                            : p->workspace + p->buffers.at[place->buffer].offset;
    return port;
}

int rsl_plan_step_inputs(const struct rsl_plan *p, size_t step) {
    return p->steps.at[step].n_in;
}

int rsl_plan_step_outputs(const struct rsl_plan *p, size_t step) {
    return p->steps.at[step].n_out;
}

struct rsl_plan_port rsl_plan_step_in(const struct rsl_plan *p, size_t step, int k) {
    return port_of(p, &p->steps.at[step].in[k]);
}

struct rsl_plan_port rsl_plan_step_out(const struct rsl_plan *p, size_t step, int k) {
    return port_of(p, &p->steps.at[step].out[k]);
}

struct rsl_plan_port rsl_plan_port(const struct rsl_plan *p, int v) {
    return port_of(p, &p->values[v].own);
}

size_t rsl_plan_buffers(const struct rsl_plan *p) {
    return p->buffers.n;
}

void *rsl_plan_buffer(const struct rsl_plan *p, size_t i, size_t *bytes) {
    *bytes = p->buffers.at[i].bytes;
    return p->workspace + p->buffers.at[i].offset;
}

void *rsl_plan_element(const struct rsl_plan_port *port, const struct rsl_tensor *t, int64_t i,
                       enum rsl_dtype *dtype) {
    const struct rsl_layout *l = port->layout;
    assert(port->data && (!l || l->backend->offset));
    *dtype = l ? l->dtype : t->dtype;
    size_t at = l ? l->backend->offset(l, &t->shape, i) : (size_t)i * rsl_dtype_bytes(*dtype);
    return (char *)port->data + at;
}
