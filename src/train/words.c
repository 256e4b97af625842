/* The words of the public options, from the lists inside. */
#include "resile/train.h"
#include "train/optimizer.h"
#include "train/schedule.h"

const char *rsl_train_optimizer(int i) {
    return i < 0 ? NULL : rsl_optimizer_name((size_t)i);
}

const char *rsl_train_schedule(int i) {
    return i < 0 ? NULL : rsl_schedule_form((size_t)i);
}
