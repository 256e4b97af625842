/* The zoo inside the library: the table, and networks without weights. */
#ifndef RSL_ZOO_ZOO_H
#define RSL_ZOO_ZOO_H

#include "resile/zoo.h"

#include <stdbool.h>

struct rsl_net;

/* What the model's metadata say about its input; see graph/model.h. */
enum rsl_zoo_input_form {
    RSL_INPUT_SYMMETRIC, /* pixels to [-1,1] */
    RSL_INPUT_MNIST,     /* mean and deviation of MNIST */
    RSL_INPUT_CIFAR,     /* ... of CIFAR-10 */
    RSL_INPUT_IMAGENET   /* ... of ImageNet; 224x224 is cut out of 256 */
};

struct rsl_zoo_entry {
    const char *name;
    void (*build)(struct rsl_net *n, int variant); /* the family's function */
    int variant;                                   /* depth, or another size the family knows */
    int64_t input[3];                              /* channels, height, width */
    int64_t classes;
    enum rsl_zoo_input_form form;
    const char *summary, *source;
};

/* As rsl_zoo_build, but the parameters have no data (NULL): for counting, and for readers of
 * checkpoints that bring their own. Constants that decide shapes do have data. */
int rsl_zoo_skeleton(struct rsl_model **model, const char *arch,
                     const struct rsl_zoo_options *options);

#endif
