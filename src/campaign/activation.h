/* Activations: where in a network the faults of a spec's model "neuron" can strike.
 *
 * Outputs are those of every node that computes floating-point numbers from the input, one row per
 * image, but for a Softmax that ends the network. Inputs are what nodes read of these and of the
 * network's input; nodes that only rename (Reshape, Flatten) read nothing. One value that two nodes
 * read is two inputs. Numbered 0, 1, ... in the order of the nodes.
 *
 * Of an integer network they are its 8-bit integers, struck as such: what is fused into a layer
 * (normalization, addition, ReLU) has no output of its own, and the network's input, though it is
 * quantized first, is still no output.
 *
 * An activation answers to the node's name, to its operator ("Conv", also for FusedQLinearConv), to
 * the value's name, to the name of the node's weights up to the last dot, and to its number ("3",
 * "0-4"). */
#ifndef RSL_CAMPAIGN_ACTIVATION_H
#define RSL_CAMPAIGN_ACTIVATION_H

#include "base/arena.h"
#include "campaign/executor.h"
#include "fault/listed.h"
#include "fault/neuron.h"
#include "memory/integer_network.h"

struct rsl_activations {
    struct {
        struct rsl_activation *at;
        size_t n, cap;
    } places;
    struct {
        struct rsl_site *at; /* of each place */
        size_t n, cap;
    } sites;
};

/* Whether a model of the spec is about activations, or a fault list, which may name some. */
bool rsl_activations_may_be_struck(const struct rsl_fault_spec *spec);

/* The network whose activations they are: graph is a float network's, or the integer network's. */
struct rsl_activation_source {
    const struct rsl_graph *graph;
    const struct rsl_integer_network *integer; /* or NULL */
};

/* Those that the model strikes. Refuses patterns that match nothing, and models that cannot be
 * drawn from these sites. Their int8 scales are the integer network's, in a float network 1 until
 * they are calibrated. */
int rsl_activations_find(struct rsl_activations *a, const struct rsl_activation_source *from,
                         const struct rsl_neuron *n);
void rsl_activations_free(struct rsl_activations *a);

/* int8: scale = largest magnitude / 127 that the fault-free network (graph) has there on these
 * images, 1 where all are 0. */
int rsl_activations_calibrate(struct rsl_activations *a, const struct rsl_graph *g,
                              const float *images, int n);

/* Those that a fault list names, each once; hits[i] is what row i of the list strikes. Refuses, by
 * line, what the network does not have. */
int rsl_activations_listed(struct rsl_activations *a, const struct rsl_activation_source *from,
                           const struct rsl_listed_sites *listed, struct rsl_hit *hits);

/* How stores and fault lists name it, which share a list of layers with weights: "outputs:NODE",
 * "inputs:NODE:VALUE". NULL when memory is refused. */
char *rsl_activation_label(struct rsl_arena *arena, const struct rsl_graph *g,
                           const struct rsl_activation *a);

#endif
