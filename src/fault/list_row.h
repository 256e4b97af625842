/* What reading and writing fault lists share. */
#ifndef RSL_FAULT_LIST_ROW_H
#define RSL_FAULT_LIST_ROW_H

#include "base/vec.h"
#include "fault/fault_list.h"

#define RSL_LIST_HEADER "Injection,Layer,TensorIndex,Bit"

/* The number of a layer's text, which is copied when it is new. */
int rsl_fault_list_layer(struct rsl_fault_list *l, const char *name, size_t length, int *number);

#endif
