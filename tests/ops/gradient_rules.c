/* The gradient rules of all operators against central finite differences.
 *
 *     gradient_rules                 every case of gradient_cases.inc, each in several trials
 *     gradient_rules CASE TRIAL      one of them, shown element by element
 *
 * A trial draws shapes, values and which inputs are frozen. The graph runs in f64 with reference
 * kernels; then the same in f32 with the fast ones, which must give nearly the same gradients.
 * Making the gradient must also survive that any one of its allocations is refused. An operator
 * that has a rule and no case fails the test. */
#include "gradient_case.h"

#include "base/alloc.h"
#include "base/philox.h"
#include "base/status.h"
#include "graph/gradient.h"
#include "graph/plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct gradient_case cases[] = {
#define CASE(op, opset, inputs, attributes) {op, opset, inputs, attributes, 1, 1},
#define CASE_OUT(op, opset, inputs, attributes, outputs, counted) \
    {op, opset, inputs, attributes, outputs, counted},
#include "gradient_cases.inc"
#undef CASE
#undef CASE_OUT
};
enum { CASES = sizeof cases / sizeof *cases, TRIALS = 4 };

struct result {
    int64_t count[CASE_INPUTS]; /* elements of each input; 0: frozen */
    double *gradient[CASE_INPUTS];
};

static void result_free(struct result *r) {
    for (int i = 0; i < CASE_INPUTS; i++) free(r->gradient[i]);
}

/* Trial 0 differentiates every input, the others what chance says, but at least one. */
static bool is_wanted(int number, int trial, int i, int n) {
    if (trial == 0) return true;
    struct rsl_philox4 draw = rsl_philox((uint64_t)number, (uint64_t)trial, 1u << 20);
    return (draw.v[0] >> i & 1) || (int)(draw.v[1] % (uint32_t)n) == i;
}

static void set_inputs(struct rsl_plan *p, const struct case_graph *cg) {
    for (int i = 0; i < cg->n; i++)
        memcpy(rsl_plan_input(p, (size_t)i)->data, cg->x[i].data, rsl_tensor_bytes(&cg->x[i]));
}

/* Leaves room for `room` more values and nodes, so that the tables move while rules emit: a pointer
 * into them that a rule kept is then seen by the sanitizer. */
static int tighten(struct rsl_graph *g, size_t room) {
    struct rsl_value *values = rsl_regrow(g->values.at, g->values.n * sizeof *values,
                                          (g->values.n + room) * sizeof *values);
    if (!values) return RSL_ENOMEM;
    g->values.at = values;
    g->values.cap = g->values.n + room;
    struct rsl_node *nodes =
        rsl_regrow(g->nodes.at, g->nodes.n * sizeof *nodes, (g->nodes.n + room) * sizeof *nodes);
    if (!nodes) return RSL_ENOMEM;
    g->nodes.at = nodes;
    g->nodes.cap = g->nodes.n + room;
    return RSL_OK;
}

/* The gradients by the rules. */
static int by_rules(const struct gradient_case *c, int number, int trial, enum rsl_dtype dtype,
                    struct result *r) {
    struct case_graph cg;
    struct rsl_plan *p = NULL;
    int by[CASE_INPUTS], which[CASE_INPUTS], gradients[CASE_INPUTS], n = 0, rc;
    RSL_GOTO(case_build(&cg, c, (uint64_t)number, trial, dtype));
    for (int i = 0; i < cg.n; i++)
        if (is_wanted(number, trial, i, cg.n)) {
            which[n] = i;
            by[n++] = cg.value[i];
        }
    RSL_GOTO(tighten(&cg.g, (size_t)(5 * trial + number % 5)));
    RSL_GOTO(rsl_graph_gradient(&cg.g, cg.loss, by, (size_t)n, gradients));
    for (int k = 0; k < n; k++)
        if (gradients[k] != RSL_ABSENT) RSL_GOTO(rsl_graph_add_output(&cg.g, gradients[k]));
    RSL_GOTO(rsl_graph_check(&cg.g));
    RSL_GOTO(rsl_plan_new(
        &p, &cg.g,
        &(struct rsl_plan_options){.batch = 1, .threads = 1, .reference = dtype == RSL_f64}));
    set_inputs(p, &cg);
    RSL_GOTO(rsl_plan_run(p));
    for (int k = 0, o = 1; k < n; k++) {
        int i = which[k];
        r->count[i] = rsl_tensor_count(&cg.x[i]);
        r->gradient[i] = calloc((size_t)r->count[i] + 1, sizeof(double));
        if (gradients[k] == RSL_ABSENT) continue; /* no dependence: zero */
        const struct rsl_tensor *dx = rsl_plan_output(p, (size_t)o++);
        char have[RSL_SHAPE_TEXT], need[RSL_SHAPE_TEXT];
        if (dx->dtype != dtype || !rsl_shape_equal(&dx->shape, &cg.x[i].shape))
            RSL_GOTO(rsl_fail(RSL_ESHAPE, "gradient %d is %s %s, the input %s", i,
                              rsl_dtype_name((int)dx->dtype), rsl_shape_text(&dx->shape, have),
                              rsl_shape_text(&cg.x[i].shape, need)));
        for (int64_t e = 0; e < r->count[i]; e++) r->gradient[i][e] = rsl_tensor_double(dx, e);
    }
out:
    rsl_plan_free(p);
    rsl_graph_free(&cg.g);
    return rc;
}

static int loss_at(struct rsl_plan *p, int input, int64_t e, double x, double *loss) {
    ((double *)rsl_plan_input(p, (size_t)input)->data)[e] = x;
    RSL_TRY(rsl_plan_run(p));
    *loss = rsl_tensor_double(rsl_plan_output(p, 0), 0);
    return RSL_OK;
}

/* (loss(x + h) - loss(x - h)) / 2h, for every element of what `wanted` differentiated. */
static int by_differences(const struct gradient_case *c, int number, int trial,
                          const struct result *wanted, struct result *r) {
    struct case_graph cg;
    struct rsl_plan *p = NULL;
    int rc;
    RSL_GOTO(case_build(&cg, c, (uint64_t)number, trial, RSL_f64));
    RSL_GOTO(rsl_plan_new(&p, &cg.g,
                          &(struct rsl_plan_options){.batch = 1, .threads = 1, .reference = true}));
    for (int i = 0; i < cg.n; i++) {
        r->count[i] = wanted->count[i];
        r->gradient[i] = calloc((size_t)r->count[i] + 1, sizeof(double));
        for (int64_t e = 0; e < r->count[i]; e++) {
            double x = ((double *)cg.x[i].data)[e], h = 1e-5, above, below;
            set_inputs(p, &cg);
            RSL_GOTO(loss_at(p, i, e, x + h, &above));
            RSL_GOTO(loss_at(p, i, e, x - h, &below));
            r->gradient[i][e] = (above - below) / ((x + h) - (x - h));
        }
    }
out:
    rsl_plan_free(p);
    rsl_graph_free(&cg.g);
    return rc;
}

/* Describes the first difference that is too large; true when there is none. */
static bool agree(const struct result *a, const struct result *b, double tolerance, bool show,
                  const char *what) {
    for (int i = 0; i < CASE_INPUTS; i++)
        for (int64_t e = 0; e < a->count[i]; e++) {
            double x = a->gradient[i][e], y = b->gradient[i][e];
            bool same = fabs(x - y) <= tolerance * (1 + fabs(y));
            if (show)
                printf("input %d element %" PRId64 ": %.12g, %s %.12g%s\n", i, e, x, what, y,
                       same ? "" : "  <--");
            if (same || show) continue;
            rsl_sentence("input %d element %" PRId64 ": the rule gives %.12g, %s %.12g", i, e, x,
                         what, y);
            return false;
        }
    return true;
}

static bool check(int number, int trial, bool show) {
    const struct gradient_case *c = &cases[number];
    struct result rules = {0}, differences = {0}, fast = {0};
    bool ok = by_rules(c, number, trial, RSL_f64, &rules) == RSL_OK &&
              by_differences(c, number, trial, &rules, &differences) == RSL_OK &&
              agree(&rules, &differences, 1e-6, show, "finite differences") &&
              by_rules(c, number, trial, RSL_f32, &fast) == RSL_OK &&
              agree(&fast, &rules, 1e-4, show, "in double");
    if (!ok)
        printf("gradient_rules %d %d: %s-%d '%s' '%s': %s\n", number, trial, c->op, c->opset,
               c->inputs, c->attributes, rsl_errmsg());
    result_free(&rules);
    result_free(&differences);
    result_free(&fast);
    return ok;
}

static struct {
    long count, refused; /* allocations so far; the one that fails, counted from 1 */
} memory;

static int refuse_one(size_t size) {
    (void)size;
    return ++memory.count != memory.refused;
}

static int gradient_only(struct case_graph *cg) {
    int gradients[CASE_INPUTS];
    memory.count = 0;
    rsl_alloc_gate = refuse_one;
    int rc = rsl_graph_gradient(&cg->g, cg->loss, cg->value, (size_t)cg->n, gradients);
    rsl_alloc_gate = NULL;
    return rc;
}

/* Every allocation of making the gradient fails once, in turn. */
static bool check_memory(int number) {
    const struct gradient_case *c = &cases[number];
    struct case_graph cg;
    for (memory.refused = 1;; memory.refused++) {
        int rc = case_build(&cg, c, (uint64_t)number, 0, RSL_f64);
        if (rc == RSL_OK) rc = tighten(&cg.g, 0);
        if (rc == RSL_OK) rc = gradient_only(&cg);
        rsl_graph_free(&cg.g);
        bool refused = memory.count >= memory.refused;
        if (rc == RSL_OK && !refused) return true;
        if (rc == RSL_ENOMEM && refused) continue;
        printf("gradient_rules %d 0: %s, allocation %ld refused: %s, %s\n", number, c->op,
               memory.refused, rsl_status_name(rc), rsl_errmsg());
        return false;
    }
}

/* Operators whose rule no case tests. */
static int without_case(void) {
    const struct rsl_op *op;
    int n = 0;
    for (size_t i = 0; (op = rsl_op_at(i)) != NULL; i++) {
        bool found = !op->gradient;
        for (int k = 0; k < CASES && !found; k++) found = strcmp(cases[k].op, op->name) == 0;
        if (found) continue;
        printf("%s has a gradient rule, but no case in gradient_cases.inc\n", op->name);
        n++;
    }
    return n;
}

int main(int argc, char **argv) {
    if (argc == 3) {
        int number = atoi(argv[1]);
        if (number < 0 || number >= CASES) return 2;
        return check(number, atoi(argv[2]), true) ? 0 : 1;
    }
    int failures = without_case();
    for (int number = 0; number < CASES; number++) {
        for (int trial = 0; trial < TRIALS; trial++)
            if (!check(number, trial, false)) failures++;
        if (!check_memory(number)) failures++;
    }
    printf("%d cases, %d trials each, %d failures\n", CASES, TRIALS, failures);
    return failures ? 1 : 0;
}
