/* The list of graph/model.h: what models that were read are tried for. */
#include "export/stored_model.h"

const rsl_model_form rsl_model_forms[] = {rsl_recognize_stored, NULL};
