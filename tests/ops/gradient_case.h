/* A case of the gradient test: one node, written as text, and the graph made of it.
 *
 * Inputs, separated by spaces:
 *
 *     [2,a,B]          floats, differentiated. A letter is a dimension drawn per trial, the same
 * for all its appearances: 1 to 4 for a small letter, 2 to 5 for a capital. Values have size 0.1
 * to 1.4 and either sign; no two of one input are close. [a]@0.2:0.9      the same with values in
 * that range; @0.5: exactly that one [2,2]={0,1,2,0}  these values
 *     ![a]...          any of these as a constant that is not differentiated
 *     {1,-2,a}         an i64 vector; i[2,2]{0,1,1,0} of any shape, i[]{3} a scalar; i32[...]{...}
 *     f32{1,1,2,2}     an f32 vector whatever the type of the case (scales of Resize)
 *     b[2,a]           random booleans; b{0,1,1} these
 *     -                left out
 *
 * Attributes, separated by spaces: name=3, name=0.5, name=text, name=[1,2] (name=1,2 too). */
#ifndef TESTS_OPS_GRADIENT_CASE_H
#define TESTS_OPS_GRADIENT_CASE_H

#include "graph/op.h"

struct gradient_case {
    const char *op;
    int opset;
    const char *inputs, *attributes;
    int outputs;
    int counted; /* outputs that enter the loss, from the first on */
};

enum { CASE_INPUTS = 8 };

/* The graph of a case, whose only output is `loss`: the sum over the floating-point outputs that
 * are counted, each element times a random weight. */
struct case_graph {
    struct rsl_graph g;
    int n;                            /* differentiated inputs */
    int value[CASE_INPUTS];           /* ... as graph inputs, in this order */
    struct rsl_tensor x[CASE_INPUTS]; /* ... their values */
    int loss;
    uint64_t key; /* of all that is random in it */
};

/* A pure function of the case, the key and the trial. Release with rsl_graph_free. */
int case_build(struct case_graph *cg, const struct gradient_case *c, uint64_t key, int trial,
               enum rsl_dtype dtype);

#endif
