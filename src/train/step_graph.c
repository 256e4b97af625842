/* See step_graph.h. */
#include "train/step_graph.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/status.h"
#include "base/text.h"
#include "graph/gradient.h"
#include "train/loss.h"

static int add_loss(struct rsl_training_form *f, const struct rsl_trainer_options *o,
                    int64_t *classes, int *loss) {
    struct rsl_graph *g = &f->graph;
    const struct rsl_shape *logits = &g->values.at[f->output].tensor.shape;
    char text[RSL_SHAPE_TEXT];
    if (logits->rank != 2 || logits->dim[0] != o->batch)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "the network's output has shape %s, training needs one"
                        " row of logits per image",
                        rsl_shape_text(logits, text));
    *classes = logits->dim[1];
    struct rsl_shape batch = rsl_shape_of(1, &o->batch);
    int labels = rsl_graph_add_input(g, RSL_LABELS_INPUT, RSL_i64, &batch);
    *loss = o->mean_square ? rsl_loss_mean_square_labels(g, f->output, labels, *classes)
                           : rsl_loss_cross_entropy(g, f->output, labels, o->label_smoothing);
    if (*loss >= 0 && o->penalties)
        *loss = rsl_loss_penalties(g, *loss, f->parameters.at, f->parameters.n, o->penalties);
    return *loss < 0 ? *loss : RSL_OK;
}

/* ---- what is not reached ---- */

static void settle(struct rsl_graph *g, int value, const struct rsl_graph *from) {
    struct rsl_value *v = &g->values.at[value];
    v->kind = RSL_VALUE_CONSTANT;
    v->tensor.data = from->values.at[rsl_graph_find(from, v->name)].tensor.data;
    size_t n = 0;
    for (size_t i = 0; i < g->inputs.n; i++)
        if (g->inputs.at[i] != value) g->inputs.at[n++] = g->inputs.at[i];
    g->inputs.n = n;
}

/* Heads beside the first output and branches that end nowhere have no gradient: they stay as they
 * are, weight decay included. */
static int leave_unreached(struct rsl_training_form *f, const struct rsl_graph *from,
                           int *gradients) {
    struct rsl_text names = {0};
    size_t n = 0;
    for (size_t i = 0; i < f->parameters.n; i++) {
        int value = f->parameters.at[i];
        if (gradients[i] == RSL_ABSENT) {
            rsl_text_printf(&names, "%s%s", names.n ? ", " : "", f->graph.values.at[value].name);
            settle(&f->graph, value, from);
            continue;
        }
        gradients[n] = gradients[i];
        f->parameters.at[n++] = value;
    }
    f->parameters.n = n;
    int rc = names.status;
    if (rc == RSL_OK && n == 0)
        rc = rsl_fail(RSL_EGRAPH, "the first output depends on no parameter that is trained");
    if (rc == RSL_OK && names.n)
        rsl_log(RSL_LOG_INFO, "not trained, as the first output does not depend on them: %s",
                names.at);
    rsl_text_free(&names);
    return rc;
}

/* ---- the whole ---- */

static int add_outputs(struct rsl_training_form *f, const int *gradients) {
    struct rsl_graph *g = &f->graph;
    for (size_t i = 0; i < f->parameters.n; i++) RSL_TRY(rsl_graph_add_output(g, gradients[i]));
    for (size_t i = 0; i < f->running.n; i++) {
        RSL_TRY(rsl_graph_add_output(g, f->running.at[i].batch_mean));
        RSL_TRY(rsl_graph_add_output(g, f->running.at[i].batch_variance));
    }
    return RSL_OK;
}

static int differentiate(struct rsl_training_form *f, const struct rsl_graph *from, int loss,
                         int *gradients) {
    RSL_TRY(rsl_graph_gradient(&f->graph, loss, f->parameters.at, f->parameters.n, gradients));
    RSL_TRY(leave_unreached(f, from, gradients));
    return add_outputs(f, gradients);
}

int rsl_step_graph(struct rsl_training_form *f, const struct rsl_graph *from,
                   const struct rsl_trainer_options *o, int64_t *classes) {
    struct rsl_graph *g = &f->graph;
    int loss;
    RSL_TRY(add_loss(f, o, classes, &loss));
    g->outputs.n = 0;
    RSL_TRY(rsl_graph_add_output(g, loss));
    RSL_TRY(rsl_graph_add_output(g, f->output));
    RSL_TRY(rsl_graph_check(g));
    RSL_TRY(rsl_graph_infer(g, 0));
    int *gradients = rsl_calloc(f->parameters.n, sizeof *gradients);
    if (!gradients) return RSL_ENOMEM;
    int rc = differentiate(f, from, loss, gradients);
    rsl_free(gradients);
    return rc < 0 ? rc : rsl_graph_check(g);
}
