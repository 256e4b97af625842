/* The words of the public options, from the lists inside. */
#include "resile/train.h"
#include "train/optimizer.h"

const char *rsl_train_optimizer(int i) {
    return i < 0 ? NULL : rsl_optimizer_name((size_t)i);
}
