/* Fingerprints: SHA-256 of what a campaign or a training ran on, so that neither is ever continued
 * with another network or other images. They are of content, not of files: the same network read
 * from a checkpoint or from ONNX has the same. */
#ifndef RSL_DATA_FINGERPRINT_H
#define RSL_DATA_FINGERPRINT_H

#include "graph/graph.h"
#include "resile/data.h"

/* Of the nodes with their attributes, the names, and all constants that have data. */
void rsl_fingerprint_graph(const struct rsl_graph *g, char hex[65]);

/* Of labels and pixels of the first n images. */
int rsl_fingerprint_data(const struct rsl_data *data, int64_t n, int threads, char hex[65]);

/* Of the names of the classes and the labels of all images. */
void rsl_fingerprint_labels(const struct rsl_data *data, char hex[65]);

#endif
