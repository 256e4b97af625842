/* The inside of a plan, shared by its maker (plan.c) and its runner (run.c). */
#ifndef RSL_GRAPH_PLAN_INT_H
#define RSL_GRAPH_PLAN_INT_H

#include "graph/lifetime.h"
#include "graph/plan.h"

#include <stdint.h>

/* Where a value's bytes are. */
struct plan_place {
    int buffer; /* in the workspace, or RSL_ABSENT: `constant` has the data */
    void *constant;
    const struct rsl_layout *layout; /* NULL: plain */
};

struct plan_value {
    bool there;               /* some step, input or constant provides it */
    struct plan_place own;    /* as it was produced */
    struct plan_place plain;  /* the converted twin; buffer RSL_ABSENT while there is none */
    struct rsl_tensor tensor; /* plain form, for the caller; data set when the plan is made */
};

struct plan_step {
    struct rsl_kernel *kernel;
    int node;                    /* RSL_ABSENT: conversion of `value` */
    int value;                   /* conversions only */
    struct plan_place *in, *out; /* n_in and n_out of them; conversions: one each */
    int n_in, n_out;
    size_t scratch;
    uint32_t stale; /* inputs, a bit each, that the kernel must reload before it runs */
};

struct rsl_plan {
    struct rsl_arena arena;
    struct rsl_graph graph;
    struct rsl_plan_options options;
    struct plan_value *values; /* graph.values.n */
    struct {
        struct plan_step *at;
        size_t n, cap;
    } steps;
    struct {
        struct rsl_lifetime *at;
        size_t n, cap;
    } buffers;
    char *workspace;
    size_t workspace_size;
};

#endif
