/* Losses as parts of a graph: each call appends nodes and returns the value of a scalar, or a
 * negative status. What training minimises is put together from them:
 *
 *     int ce = rsl_loss_cross_entropy(g, logits, labels, 0.1F);
 *     int loss = rsl_loss_sum(g, ce, 1, rsl_loss_mean_square(g, a, b), 0.5F);
 *
 * A negative value given as an operand is returned as it is, so calls may be nested. The graph is
 * to be checked and inferred afterwards. */
#ifndef RSL_TRAIN_LOSS_H
#define RSL_TRAIN_LOSS_H

#include "graph/graph.h"

/* Mean over the batch of the cross-entropy of logits [N,C] against labels [N] (i64). With smoothing
 * e the target is (1-e) one-hot + e/C, as torch.nn.CrossEntropyLoss(label_smoothing=e). */
int rsl_loss_cross_entropy(struct rsl_graph *g, int logits, int labels, float smoothing);
/* Mean of (a - b)^2. */
int rsl_loss_mean_square(struct rsl_graph *g, int a, int b);
/* Mean of (logits - one-hot(labels))^2, against classes C. */
int rsl_loss_mean_square_labels(struct rsl_graph *g, int logits, int labels, int64_t classes);
/* wa a + wb b */
int rsl_loss_sum(struct rsl_graph *g, int a, float wa, int b, float wb);

enum rsl_penalty { RSL_PENALTY_L1, RSL_PENALTY_L2, RSL_PENALTY_MEAN_SQUARE };

/* Sum of absolute values, sum of squares, or mean of squares of a value: to be added to a loss with
 * rsl_loss_sum. */
int rsl_loss_penalty(struct rsl_graph *g, int value, enum rsl_penalty penalty);

/* Penalties from a text: "NAME:KIND:WEIGHT,..." with KIND l1, l2 or mean-square and NAME that of
 * any value of the graph, or the start of names followed by '*', which selects among the n
 * `parameters` only: results of layers often start with the names of their weights. Returns the
 * loss with all of them added. A name that is not there is refused. */
int rsl_loss_penalties(struct rsl_graph *g, int loss, const int *parameters, size_t n,
                       const char *text);

#endif
