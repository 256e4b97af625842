/* The list of graph/model.h: what models that were read are tried for. */
#include "export/stored_model.h"
#include "graph/fold.h"
#include "graph/identities.h"

static int drop_identities(struct rsl_model *m) {
    return rsl_graph_drop_identities(&m->graph);
}

const rsl_model_form rsl_model_forms[] = {rsl_inference_form, drop_identities, rsl_recognize_stored,
                                          rsl_model_fold_weights, NULL};
