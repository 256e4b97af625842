/* A plan: a graph made ready to run for fixed shapes.
 *
 * Making a plan copies the graph, rewrites it (optional fusion), infers shapes, folds what is
 * constant, picks a kernel per node and lays all tensors out in one workspace by their lifetimes.
 * Running it allocates nothing. A plan is used by one thread at a time; the kernels inside may use
 * several. The graph's constants must outlive the plan. */
#ifndef RSL_GRAPH_PLAN_H
#define RSL_GRAPH_PLAN_H

#include "graph/kernel.h"

struct rsl_plan_options {
    int64_t batch; /* for inputs whose first dimension is open; 0 means 1 */
    int threads;   /* 0: as many as the machine has */
    enum rsl_compute_mode compute;
    bool reference; /* only reference kernels */
    bool fuse;      /* fold BatchNormalization, fuse activation and addition into convolutions */
    bool training;  /* the graph holds its own gradient: kernels agree on layouts for both ways */
    bool keep;      /* every computed value keeps its own memory until the next run */
    /* Inputs that are constants of this plan (node tests, shapes that are fed), or, when
     * `variable`, that live in the caller's memory (64-byte aligned) and may change between runs:
     * parameters being trained. */
    const struct rsl_binding {
        const char *name;
        struct rsl_tensor tensor;
        bool variable;
    } * known;
    size_t n_known;
};

struct rsl_plan;

int rsl_plan_new(struct rsl_plan **plan, const struct rsl_graph *g,
                 const struct rsl_plan_options *options);
void rsl_plan_free(struct rsl_plan *plan);

/* The graph the plan really runs (after rewriting); shapes are known. */
const struct rsl_graph *rsl_plan_graph(const struct rsl_plan *plan);

/* Input i or output i in plain layout: write inputs before a run, read outputs after it. */
struct rsl_tensor *rsl_plan_input(struct rsl_plan *plan, size_t i);
const struct rsl_tensor *rsl_plan_output(const struct rsl_plan *plan, size_t i);
/* Name of a tensor of the original graph -> its tensor in the plan, or NULL when it was fused away
 * or (without `keep`) its memory is shared. */
const struct rsl_tensor *rsl_plan_value(struct rsl_plan *plan, const char *name);

int rsl_plan_run(struct rsl_plan *plan);
size_t rsl_plan_steps(const struct rsl_plan *plan);
/* Runs steps [from, to). */
int rsl_plan_run_steps(struct rsl_plan *plan, size_t from, size_t to);
/* Kernel name and node of step i: what `info --plan` and the benchmarks show. */
const char *rsl_plan_step_kernel(const struct rsl_plan *plan, size_t i);
const struct rsl_node *rsl_plan_step_node(const struct rsl_plan *plan,
                                          size_t i);    /* NULL: conversion */
size_t rsl_plan_workspace(const struct rsl_plan *plan); /* bytes */

/* The constant `name` was changed in place: kernels refresh their copies of it, at once or before
 * they run. */
int rsl_plan_reload(struct rsl_plan *plan, const char *name);
/* ... in these elements only (row-major): cheaper while they are few. */
int rsl_plan_patch(struct rsl_plan *plan, const char *name, const int64_t *index, size_t n);

/* ---- memory, for those who run some steps only ---- of plans with `keep`, in which every buffer
 * is written by the caller (inputs) or by exactly one step and lasts until the next run */

/* Where something is read or written. */
struct rsl_plan_port {
    int buffer; /* RSL_ABSENT: a constant, the caller's memory, or (data NULL) nothing */
    void *data;
    const struct rsl_layout *layout; /* NULL: plain */
};

int rsl_plan_step_inputs(const struct rsl_plan *plan, size_t step);
int rsl_plan_step_outputs(const struct rsl_plan *plan, size_t step);
/* In the order of the node's inputs and outputs. */
struct rsl_plan_port rsl_plan_step_in(const struct rsl_plan *plan, size_t step, int k);
struct rsl_plan_port rsl_plan_step_out(const struct rsl_plan *plan, size_t step, int k);
/* Where value v of the plan's graph is as it was produced. */
struct rsl_plan_port rsl_plan_port(const struct rsl_plan *plan, int v);

size_t rsl_plan_buffers(const struct rsl_plan *plan);
void *rsl_plan_buffer(const struct rsl_plan *plan, size_t i, size_t *bytes);

/* Row-major element i of tensor `t` (for its type and shape) at a port, and its type there. */
void *rsl_plan_element(const struct rsl_plan_port *port, const struct rsl_tensor *t, int64_t i,
                       enum rsl_dtype *dtype);

#endif
