/* The list of graph/model.h: what models that were read are tried for. */
#include "export/stored_model.h"
#include "graph/fold.h"

const rsl_model_form rsl_model_forms[] = {rsl_inference_form, rsl_recognize_stored,
                                          rsl_model_fold_weights, NULL};
