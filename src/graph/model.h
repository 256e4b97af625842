/* The model struct: graph, metadata, and the memory that large constants live in. */
#ifndef RSL_GRAPH_MODEL_H
#define RSL_GRAPH_MODEL_H

#include "graph/graph.h"
#include "resile/model.h"

/* Metadata keys of ours; values are texts.
 *
 *   resile.arch          name in the zoo
 *   resile.classes       class names, one a line
 *   resile.input.scale   what a pixel 0..255 is multiplied with first: "1/255" (default), "2/255"
 *   resile.input.offset  ... and what is added then: "0" (default), "-1"
 *   resile.input.mean    per channel, subtracted after that: "0.485 0.456 0.406"; default 0
 *   resile.input.std     per channel, divided by after that; default 1
 *   resile.input.resize  "224" (short side), "227x227" (exact, HxW); absent: as it is
 *   resile.input.crop    "224": centre crop after resizing; absent: none
 *   resile.input.filter  "bilinear" (default) or "bicubic", antialiased as Pillow */

struct rsl_memory; /* memory/image.h */

struct rsl_model {
    struct rsl_graph graph;
    struct {
        struct rsl_meta {
            char *key, *value; /* both from rsl_strdup */
        } * at;
        size_t n, cap;
    } meta;
    /* What keeps constants alive that are not in the graph's arena (a mapped file, an unpacked
     * message); called once by rsl_model_free. NULL when there is none. */
    void *backing;
    void (*free_backing)(void *backing);
    /* The bits that the model's memory holds, when its weights are stored in an encoding of their
     * own: the graph's constants are then what those bits read as. NULL for an ordinary model. */
    struct rsl_memory *image;
    void (*free_image)(struct rsl_memory *image);
    /* The graph that reads its weights from the image at every run; the model must outlive it. */
    int (*stored_graph)(struct rsl_graph *to, const struct rsl_model *m);
};

/* What is tried, in this order, on every model that was read from a file: forms that are better as
 * something else. Each changes the model or leaves it alone; errors are for lack of memory and the
 * like. Ended by NULL; src/export/forms.c defines the list. */
typedef int (*rsl_model_form)(struct rsl_model *model);
extern const rsl_model_form rsl_model_forms[];

/* One of them: a network saved for training becomes the one that is evaluated. */
int rsl_inference_form(struct rsl_model *model);

/* Whether the model takes images as [N,H,W,C] and not as [N,C,H,W]: its last dimension says one or
 * three channels, the second one does not. */
bool rsl_model_channels_last(const struct rsl_model *model);

/* An empty model (rsl_calloc'ed), or NULL when memory is refused. */
struct rsl_model *rsl_model_new(void);

/* Adds the other model's metadata, in the place of what has the same key. */
int rsl_model_copy_meta(struct rsl_model *to, const struct rsl_model *from);

#endif
