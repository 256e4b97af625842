/* From a checkpoint to a model: the zoo builds the network without weights, match.h says which
 * tensor belongs where, and the model keeps the checkpoint's memory. */
#include "resile/import.h"

#include "base/log.h"
#include "base/number.h"
#include "base/status.h"
#include "base/text.h"
#include "base/vec.h"
#include "graph/model.h"
#include "io/checkpoint.h"
#include "io/match.h"
#include "zoo/zoo.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED = 20 }; /* names per kind in the sentence about what does not fit */

struct import {
    const char *path;
    const struct rsl_import_options *options;
    struct rsl_tensors *ts; /* becomes the model's */
    struct rsl_model *model;
    struct rsl_match match;
    struct {
        struct rsl_named_tensor *at; /* the parameters without data, in the graph's order */
        size_t n, cap;
    } parameters;
};

/* ---- the network ---- */

/* What the network without weights lacks. */
static int collect_parameters(struct import *im) {
    const struct rsl_graph *g = &im->model->graph;
    im->parameters.n = 0;
    for (size_t i = 0; i < g->values.n; i++) {
        const struct rsl_value *v = &g->values.at[i];
        struct rsl_named_tensor p = {v->name, v->tensor};
        if (v->kind != RSL_VALUE_CONSTANT || v->tensor.data) continue;
        RSL_TRY(rsl_vec_push(&im->parameters, p));
    }
    return RSL_OK;
}

static int build_skeleton(struct import *im, int64_t classes) {
    const struct rsl_import_options *o = im->options;
    struct rsl_zoo_options zoo = {
        .classes = classes, .channels = o->channels, .height = o->height, .width = o->width};
    rsl_model_free(im->model);
    im->model = NULL;
    RSL_TRY(rsl_zoo_skeleton(&im->model, o->arch, &zoo));
    return collect_parameters(im);
}

static int build(struct import *im, int64_t classes) {
    RSL_TRY(build_skeleton(im, classes));
    rsl_match_free(&im->match);
    return rsl_match_names(&im->match, im->parameters.at, im->parameters.n, im->ts);
}

/* How many parameters of the network these tensors would be, for a file with several sets. */
static int64_t fit(void *context, const struct rsl_tensors *names) {
    struct import *im = context;
    struct rsl_match m;
    if (!im->model) RSL_TRY(build_skeleton(im, im->options->classes));
    int rc = rsl_match_names(&m, im->parameters.at, im->parameters.n, names);
    int64_t n = rc < 0 ? rc : (int64_t)rsl_match_score(&m, im->parameters.at, names);
    rsl_match_free(&m);
    return n;
}

/* Output features of the checkpoint's last layer: the tensor that matches the network's last
 * matrix, else the checkpoint's last matrix; 0 when there is none. */
static int64_t count_classes(const struct import *im) {
    for (size_t i = im->parameters.n; i-- > 0;) {
        if (im->parameters.at[i].tensor.shape.rank != 2) continue;
        int64_t t = im->match.tensor_of[i];
        if (t >= 0 && im->ts->at[t].tensor.shape.rank == 2)
            return im->ts->at[t].tensor.shape.dim[0];
        break;
    }
    for (size_t i = im->ts->n; i-- > 0;)
        if (im->ts->at[i].tensor.shape.rank == 2) return im->ts->at[i].tensor.shape.dim[0];
    return 0;
}

/* The network's default number of classes; 0 for a generator. */
static int64_t own_classes(const char *arch) {
    for (size_t i = 0; rsl_zoo_name(i); i++)
        if (strcmp(rsl_zoo_name(i), arch) == 0) return rsl_zoo_classes(i);
    return 0;
}

static int build_network(struct import *im, int64_t *classes) {
    *classes = im->options->classes;
    RSL_TRY(build(im, *classes));
    int64_t own = own_classes(im->options->arch);
    if (own == 0 || *classes) return RSL_OK;
    *classes = count_classes(im);
    if (*classes == 0) *classes = own;
    return *classes == own ? RSL_OK : build(im, *classes);
}

/* ---- what does not fit ---- */

static bool same_shape(const struct import *im, size_t i) {
    int64_t t = im->match.tensor_of[i];
    return t < 0 ||
           rsl_shape_equal(&im->parameters.at[i].tensor.shape, &im->ts->at[t].tensor.shape);
}

/* Starts a list item: "; missing a", ", b"; false when enough are listed. */
static bool next_item(struct rsl_text *text, const char *title, size_t count) {
    if (count < LISTED) rsl_text_printf(text, "%s", count ? ", " : title);
    return count < LISTED;
}

static void end_list(struct rsl_text *text, size_t count) {
    if (count > LISTED) rsl_text_printf(text, " and %zu more", count - LISTED);
}

static size_t list_missing(const struct import *im, struct rsl_text *text) {
    size_t n = 0;
    for (size_t i = 0; i < im->parameters.n; i++) {
        if (im->match.tensor_of[i] >= 0) continue;
        if (next_item(text, "; missing: ", n++))
            rsl_text_printf(text, "%.80s", im->parameters.at[i].name);
    }
    end_list(text, n);
    return n;
}

static size_t list_extra(const struct import *im, struct rsl_text *text) {
    size_t n = 0;
    for (size_t i = 0; i < im->ts->n; i++) {
        if (im->match.parameter_of[i] != RSL_UNMATCHED) continue;
        if (next_item(text, "; unknown: ", n++)) rsl_text_printf(text, "%.80s", im->ts->at[i].name);
    }
    end_list(text, n);
    return n;
}

static size_t list_shapes(const struct import *im, struct rsl_text *text) {
    size_t n = 0;
    char ours[RSL_SHAPE_TEXT], theirs[RSL_SHAPE_TEXT];
    for (size_t i = 0; i < im->parameters.n; i++) {
        if (same_shape(im, i)) continue;
        if (!next_item(text, "; of another shape: ", n++)) continue;
        const struct rsl_shape *got = &im->ts->at[im->match.tensor_of[i]].tensor.shape;
        rsl_text_printf(text, "%.80s %s instead of %s", im->parameters.at[i].name,
                        rsl_shape_text(got, theirs),
                        rsl_shape_text(&im->parameters.at[i].tensor.shape, ours));
    }
    end_list(text, n);
    return n;
}

static int check_fit(const struct import *im) {
    struct rsl_text text = {0};
    size_t wrong = list_missing(im, &text) + list_extra(im, &text) + list_shapes(im, &text);
    int rc = text.status;
    if (rc == RSL_OK && wrong)
        rc = rsl_fail(RSL_EMISMATCH, "does not fit the network '%s'%s", im->options->arch, text.at);
    rsl_text_free(&text);
    return rc;
}

/* ---- values ---- */

static int assign(struct import *im) {
    struct rsl_graph *g = &im->model->graph;
    for (size_t i = 0; i < im->parameters.n; i++) {
        const struct rsl_tensor *from = &im->ts->at[im->match.tensor_of[i]].tensor;
        struct rsl_tensor *to = &g->values.at[rsl_graph_find(g, im->parameters.at[i].name)].tensor;
        if (from->dtype == RSL_f32) {
            to->data = from->data;
            continue;
        }
        to->data = rsl_arena_alloc(&g->arena, rsl_tensor_bytes(to));
        if (!to->data) return RSL_ENOMEM;
        rsl_tensor_cast(from, to);
    }
    return RSL_OK;
}

static void free_tensors(void *backing) {
    rsl_tensors_free(backing);
    rsl_free(backing);
}

/* ---- metadata ---- */

/* More than any mean or deviation of pixels 0..1, less than any of pixels 0..255. */
enum { LARGEST_NORM = 4 };

/* As many finite numbers as the input has channels, or one for all, written with single spaces. */
static int read_norm(const struct import *im, const char *what, const char *given, double least,
                     struct rsl_text *out) {
    const struct rsl_graph *g = &im->model->graph;
    int64_t channels = g->values.at[g->inputs.at[0]].tensor.shape.dim[1], n = 0;
    for (const char *at = given; *(at += strspn(at, " ,\t"));) {
        char *end;
        double v = rsl_parse_double(at, &end);
        size_t length = (size_t)(end - at);
        if (length == 0 || !isfinite(v) || v < least || n == channels || !strchr(" ,\t", *end))
            return rsl_fail(RSL_EARG, "%s '%.60s' is not %" PRId64 " %snumbers", what, given,
                            channels, least > 0 ? "positive " : "");
        if (fabs(v) > LARGEST_NORM)
            return rsl_fail(RSL_EARG, "%s '%.60s': %g is of pixels 0..255, not 0..1: divide by 255",
                            what, given, v);
        if (n++) rsl_text_add(out, " ", 1);
        rsl_text_add(out, at, length);
        at = end;
    }
    if (n == channels || n == 1) return out->status;
    return rsl_fail(RSL_EARG, "%s '%.60s' has %" PRId64 " numbers, the input %" PRId64 " channels",
                    what, given, n, channels);
}

/* Given norms are of pixels/255, whatever the network's own input form is. */
static int set_norm(struct import *im, const char *what, const char *key, const char *given,
                    double least) {
    struct rsl_text text = {0};
    if (!given) return RSL_OK;
    int rc = read_norm(im, what, given, least, &text);
    if (rc == RSL_OK) rc = rsl_model_set_meta(im->model, key, text.at);
    rsl_text_free(&text);
    RSL_TRY(rc);
    RSL_TRY(rsl_model_set_meta(im->model, "resile.input.scale", "1/255"));
    return rsl_model_set_meta(im->model, "resile.input.offset", NULL);
}

/* One name a line; the lines' ends may be those of Windows. */
static int read_names(const struct rsl_file *f, int64_t classes, struct rsl_text *out) {
    const char *at = (const char *)f->data, *end = at + f->size;
    int64_t n = 0;
    if (f->size > (size_t)64 << 20 || memchr(at, 0, f->size))
        return rsl_fail(RSL_EFORMAT, "is no list of class names");
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
        size_t length = (size_t)(stop - at);
        if (length && at[length - 1] == '\r') length--;
        if (length == 0) return rsl_fail(RSL_EFORMAT, "line %" PRId64 " is empty", n + 1);
        if (n++) rsl_text_add(out, "\n", 1);
        rsl_text_add(out, at, length);
        at = newline ? newline + 1 : end;
    }
    if (n == classes) return out->status;
    return rsl_fail(RSL_EMISMATCH, "has %" PRId64 " names, the network %" PRId64 " classes", n,
                    classes);
}

static int set_class_names(struct import *im, int64_t classes) {
    const char *path = im->options->class_names;
    struct rsl_file f;
    struct rsl_text names = {0};
    if (!path) return RSL_OK;
    RSL_TRY(rsl_file_open(&f, path));
    int rc = read_names(&f, classes, &names);
    if (rc < 0) rsl_fail_in(rc, "%s", path);
    if (rc == RSL_OK) rc = rsl_model_set_meta(im->model, "resile.classes", names.at);
    rsl_text_free(&names);
    rsl_file_close(&f);
    return rc;
}

/* ---- what shall be left out ---- */

static int ignore(struct import *im) {
    for (const char *at = im->options->ignore; at && *at;) {
        size_t length = strcspn(at, ",");
        int64_t n = rsl_tensors_drop(im->ts, at, length);
        if (n < 0) return (int)n;
        if (n == 0)
            return rsl_fail(RSL_EARG, "%s: there is no '%.*s' to ignore", im->path, (int)length,
                            at);
        at += length + (at[length] == ',');
    }
    return RSL_OK;
}

/* ---- networks of the same parameters ---- */

/* Whether the checkpoint is that of network `arch` to the letter: 1, 0 or a failure. */
static int is_exactly(const struct import *im, const char *arch, int64_t classes) {
    const struct rsl_import_options *o = im->options;
    struct import other = {.options = o};
    struct rsl_zoo_options zoo = {
        .classes = classes, .channels = o->channels, .height = o->height, .width = o->width};
    int rc = rsl_zoo_skeleton(&other.model, arch, &zoo);
    if (rc < 0) return rc == RSL_ENOMEM ? rc : 0; /* cannot be of these sizes */
    rc = collect_parameters(&other);
    if (rc == RSL_OK) rc = rsl_match_exact(other.parameters.at, other.parameters.n, im->ts);
    rsl_free(other.parameters.at);
    rsl_model_free(other.model);
    return rc;
}

/* Two networks can have the same parameters and compute otherwise, with a pooling more: when the
 * names are not this one's, whose are they? */
static int warn_of_twin(const struct import *im, int64_t classes) {
    int own = rsl_match_exact(im->parameters.at, im->parameters.n, im->ts);
    for (size_t i = 0; own == 0 && rsl_zoo_name(i); i++) {
        const char *name = rsl_zoo_name(i);
        int is = strcmp(name, im->options->arch) ? is_exactly(im, name, classes) : 0;
        if (is < 0) return is;
        if (is)
            rsl_log(RSL_LOG_WARNING,
                    "%s: its names are those of '%s' (%s), which has the same shapes and computes "
                    "otherwise than '%s'",
                    im->path, name, rsl_zoo_summary(i), im->options->arch);
    }
    return own < 0 ? own : RSL_OK;
}

/* ---- the whole ---- */

static int fill(struct import *im) {
    int64_t classes;
    im->ts->fit = fit;
    im->ts->fit_context = im;
    RSL_TRY(rsl_checkpoint_read(im->ts, im->path));
    im->ts->fit = NULL; /* the tensors outlive the import */
    RSL_TRY(ignore(im));
    RSL_TRY(build_network(im, &classes));
    rsl_match_order(&im->match, im->parameters.at, im->ts);
    int rc = check_fit(im);
    if (rc < 0) return rsl_fail_in(rc, "%s", im->path);
    if (im->match.by_order)
        rsl_log(RSL_LOG_WARNING,
                "%s: %zu of %zu parameters have unknown names and were taken in their order",
                im->path, im->match.by_order, im->parameters.n);
    RSL_TRY(warn_of_twin(im, classes));
    RSL_TRY(assign(im));
    RSL_TRY(set_norm(im, "mean", "resile.input.mean", im->options->mean, -INFINITY));
    RSL_TRY(set_norm(im, "std", "resile.input.std", im->options->std, 1e-30));
    return set_class_names(im, classes);
}

int rsl_import(struct rsl_model **model, const char *path,
               const struct rsl_import_options *options) {
    struct import im = {.path = path, .options = options};
    if (!options || !options->arch)
        return rsl_fail(RSL_EARG, "a checkpoint needs the name of its network (arch)");
    im.ts = rsl_calloc(1, sizeof *im.ts);
    if (!im.ts) return RSL_ENOMEM;
    int rc = fill(&im);
    if (rc == RSL_OK) {
        im.model->backing = im.ts;
        im.model->free_backing = free_tensors;
        *model = im.model;
    } else {
        rsl_model_free(im.model);
        free_tensors(im.ts);
    }
    rsl_match_free(&im.match);
    rsl_free(im.parameters.at);
    return rc;
}
