/* The families' functions, one for each that zoo.def names. Each reads n->input, n->classes and its
 * variant, adds the network's layers and names the output; failures stay in n->status. */
#ifndef RSL_ZOO_FAMILIES_H
#define RSL_ZOO_FAMILIES_H

struct rsl_net;

void rsl_zoo_lenet5(struct rsl_net *n, int variant);
void rsl_zoo_cnn_small(struct rsl_net *n, int variant);
void rsl_zoo_vgg(struct rsl_net *n, int depth);
void rsl_zoo_vgg_fc(struct rsl_net *n, int depth);
void rsl_zoo_vgg_224(struct rsl_net *n, int depth);
void rsl_zoo_resnet(struct rsl_net *n, int depth);
void rsl_zoo_resnet_pool(struct rsl_net *n, int depth);
void rsl_zoo_resnet_224(struct rsl_net *n, int depth);
void rsl_zoo_resnet_cifar(struct rsl_net *n, int depth);
void rsl_zoo_alexnet(struct rsl_net *n, int variant);
void rsl_zoo_inception(struct rsl_net *n, int variant);
void rsl_zoo_mobilenetv2(struct rsl_net *n, int variant);
void rsl_zoo_generator_convl(struct rsl_net *n, int variant);
void rsl_zoo_generator_convs(struct rsl_net *n, int variant);
void rsl_zoo_generator_deconvl(struct rsl_net *n, int variant);
void rsl_zoo_generator_deconvs(struct rsl_net *n, int variant);
void rsl_zoo_generator_unet(struct rsl_net *n, int width);

#endif
