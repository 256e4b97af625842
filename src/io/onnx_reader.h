/* What the files of the ONNX reader share: onnx_read.c (model, graph, values), onnx_node.c (nodes
 * and attributes), onnx_function.c (functions, inlined), onnx_constant.c (Constant nodes). */
#ifndef RSL_IO_ONNX_READER_H
#define RSL_IO_ONNX_READER_H

#include "base/map.h"
#include "graph/model.h"

#include <onnx.pb-c.h>

/* What is known of a node's name: written in the main graph, or a node has it. */
enum { RSL_NAME_CLAIMED, RSL_NAME_TAKEN };

struct rsl_onnx_reader {
    struct rsl_graph *graph;
    struct rsl_arena *arena; /* the model's backing: the unpacked message and converted data */
    const char *folder;      /* of external data, or NULL */
    const Onnx__ModelProto *model;
    struct rsl_map node_names; /* RSL_NAME_CLAIMED or _TAKEN */
    struct rsl_map functions;  /* "domain:name" -> index in model->functions */
    uint64_t made_up;          /* names made up so far */
    uint64_t expanded;         /* measure of what inlining has made so far */
};

/* Where the names of a list of nodes mean something: the main graph, or one call of a function. */
struct rsl_onnx_scope {
    const struct rsl_onnx_scope *outer;    /* of the call; NULL in the main graph */
    const Onnx__FunctionProto *function;   /* NULL in the main graph */
    const Onnx__NodeProto *call;           /* the calling node, for attributes by reference */
    const char *call_name;                 /* its unique name; starts the names made inside */
    struct rsl_map values;                 /* local name -> value index + 1, 0 when left out */
    Onnx__AttributeProto *const *defaults; /* attributes of the function with a default */
    size_t n_defaults;
    Onnx__OperatorSetIdProto *const *imports;
    size_t n_imports;
};

/* "" for the default domain, whatever its spelling. */
const char *rsl_onnx_domain(const char *domain);
/* Refuses default-domain versions outside of 1..RSL_OPSET_LAST. */
int rsl_onnx_check_imports(Onnx__OperatorSetIdProto *const *imports, size_t n);
/* Refuses a node of an opset before RSL_OPSET_FIRST that means something else there. */
int rsl_onnx_check_old(const Onnx__NodeProto *node, int version);
/* Refuses a node that says with an attribute what no kernel computes. */
int rsl_onnx_check_new(const Onnx__NodeProto *node, int version);
/* An attribute that opsets before RSL_OPSET_FIRST had and that says nothing any more. */
bool rsl_onnx_is_old_attribute(const char *name);
/* "a float", and the type itself, of a standard attribute of that name; NULL where it is open. */
const char *rsl_onnx_attribute_type(const char *name, enum rsl_attr_type *type);
/* Version of the domain, or -1 when it is not imported. */
int rsl_onnx_version(const struct rsl_onnx_scope *scope, const char *domain);

/* Appends all nodes in this scope to the graph; functions are replaced by their bodies. */
int rsl_onnx_add_nodes(struct rsl_onnx_reader *r, struct rsl_onnx_scope *scope,
                       Onnx__NodeProto *const *nodes, size_t n);
/* The value index of a name in this scope, made when new; RSL_ABSENT for "". Or an error. */
int rsl_onnx_value(struct rsl_onnx_reader *r, struct rsl_onnx_scope *scope, const char *name,
                   int *index);
/* A node name that no other node has, from the wish (not empty). NULL when memory is refused. */
const char *rsl_onnx_node_name(struct rsl_onnx_reader *r, const char *wish);

/* Makes constants of what Constant nodes give, in a graph that has been checked. */
int rsl_onnx_settle_constants(struct rsl_onnx_reader *r);

/* Fills r->functions; refuses functions defined twice. */
int rsl_onnx_index_functions(struct rsl_onnx_reader *r);
/* The function that the node calls, or NULL when it is an operator. */
const Onnx__FunctionProto *rsl_onnx_find_function(const struct rsl_onnx_reader *r,
                                                  const Onnx__NodeProto *node);
/* Appends the body of the function for this call; in/out are the call's values. */
int rsl_onnx_inline(struct rsl_onnx_reader *r, const struct rsl_onnx_scope *scope,
                    const Onnx__FunctionProto *function, const Onnx__NodeProto *call,
                    const char *name, const int *in, const int *out);

#endif
