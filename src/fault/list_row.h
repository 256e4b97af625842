/* What reading and writing fault lists share: their columns. */
#ifndef RSL_FAULT_LIST_ROW_H
#define RSL_FAULT_LIST_ROW_H

#include "base/csv.h"
#include "base/vec.h"
#include "fault/fault_list.h"

/* In the order in which they are written; those from RSL_COLUMN_EFFECT on may be missing. */
enum rsl_list_column {
    RSL_COLUMN_INJECTION,
    RSL_COLUMN_LAYER,
    RSL_COLUMN_INDEX,
    RSL_COLUMN_BIT,
    RSL_COLUMN_EFFECT,
    RSL_COLUMN_AS,
    RSL_COLUMNS,
};

#define RSL_LIST_HEADER "Injection,Layer,TensorIndex,Bit"

/* "Injection"; NULL from RSL_COLUMNS on. */
const char *rsl_list_column_name(size_t column);

/* The number of a layer's text, which is copied when it is new. */
int rsl_fault_list_layer(struct rsl_fault_list *l, const char *name, size_t length, int *number);

/* Takes a field of that column into the row, its numbers into list->indices. */
int rsl_list_take_field(struct rsl_fault_list *list, enum rsl_list_column column,
                        const struct rsl_csv_field *f, struct rsl_list_row *row);

#endif
