/* The table of networks and the way from a name to a model; see zoo.h. */
#include "zoo/zoo.h"

#include "base/nearest.h"
#include "base/status.h"
#include "graph/parameters.h"
#include "zoo/builder.h"
#include "zoo/families.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct rsl_zoo_entry table[] = {
#define X(n, family, v, c, h, w, k, f, text, origin) \
    {.name = n,                                      \
     .build = rsl_zoo_##family,                      \
     .variant = v,                                   \
     .input = {c, h, w},                             \
     .classes = k,                                   \
     .form = f,                                      \
     .summary = text,                                \
     .source = origin},
#include "zoo/zoo.def"
#undef X
};

enum { COUNT = sizeof table / sizeof *table };

/* Far beyond any use, and small enough that no product of sizes comes near an overflow. */
enum { MOST_CLASSES = 1000000, MOST_CHANNELS = 4096, MOST_PIXELS = 16384 };

size_t rsl_zoo_count(void) {
    return COUNT;
}

const char *rsl_zoo_name(size_t i) {
    return i < COUNT ? table[i].name : NULL;
}

const char *rsl_zoo_summary(size_t i) {
    return i < COUNT ? table[i].summary : NULL;
}

const char *rsl_zoo_source(size_t i) {
    return i < COUNT ? table[i].source : NULL;
}

static int no_network(size_t i) {
    return rsl_fail(RSL_EARG, "there is no network %zu, the zoo has %d", i, COUNT);
}

int rsl_zoo_input(size_t i, int64_t chw[3]) {
    if (i >= COUNT) return no_network(i);
    memcpy(chw, table[i].input, sizeof table[i].input);
    return RSL_OK;
}

int64_t rsl_zoo_classes(size_t i) {
    return i < COUNT ? table[i].classes : no_network(i);
}

/* ---- options ---- */

static int check_size(const char *arch, const char *what, int64_t value, int64_t most) {
    if (value >= 1 && value <= most) return RSL_OK;
    return rsl_fail(RSL_EARG,
                    "network '%s' cannot have %" PRId64 " %s, only 1 to %" PRId64 " are possible",
                    arch, value, what, most);
}

/* Fills in the network's own values where the caller left zeros. */
static int settle(const struct rsl_zoo_entry *e, const struct rsl_zoo_options *asked,
                  struct rsl_zoo_options *o) {
    *o = asked ? *asked : (struct rsl_zoo_options){0};
    if (e->classes == 0) {
        if (o->classes)
            return rsl_fail(RSL_EARG, "network '%s' makes images, it has no classes", e->name);
    } else {
        if (o->classes == 0) o->classes = e->classes;
        RSL_TRY(check_size(e->name, "classes", o->classes, MOST_CLASSES));
    }
    if (o->channels == 0 && o->height == 0 && o->width == 0) {
        o->channels = e->input[0];
        o->height = e->input[1];
        o->width = e->input[2];
    }
    RSL_TRY(check_size(e->name, "input channels", o->channels, MOST_CHANNELS));
    RSL_TRY(check_size(e->name, "rows of pixels", o->height, MOST_PIXELS));
    return check_size(e->name, "columns of pixels", o->width, MOST_PIXELS);
}

/* ---- metadata ---- */

/* Means and deviations in the units of pixels/255. */
static const struct {
    const char *mean, *std;
    int64_t channels;
} norms[] = {
    [RSL_INPUT_MNIST] = {"0.1307", "0.3081", 1},
    [RSL_INPUT_CIFAR] = {"0.4914 0.4822 0.4465", "0.2471 0.2435 0.2616", 3},
    [RSL_INPUT_IMAGENET] = {"0.485 0.456 0.406", "0.229 0.224 0.225", 3},
};

/* A network for another number of channels than its own cannot use per-channel norms: its pixels
 * go to [-1,1]. Networks for images larger than any data set's say how to enlarge them. */
static int describe_input(struct rsl_model *m, const struct rsl_zoo_entry *e,
                          const struct rsl_zoo_options *o) {
    if (e->form != RSL_INPUT_SYMMETRIC && norms[e->form].channels == o->channels) {
        RSL_TRY(rsl_model_set_meta(m, "resile.input.scale", "1/255"));
        RSL_TRY(rsl_model_set_meta(m, "resile.input.mean", norms[e->form].mean));
        RSL_TRY(rsl_model_set_meta(m, "resile.input.std", norms[e->form].std));
    } else {
        RSL_TRY(rsl_model_set_meta(m, "resile.input.scale", "2/255"));
        RSL_TRY(rsl_model_set_meta(m, "resile.input.offset", "-1"));
    }
    if (o->height < 64 && o->width < 64) return RSL_OK;
    if (e->form == RSL_INPUT_IMAGENET && o->height == 224 && o->width == 224) {
        RSL_TRY(rsl_model_set_meta(m, "resile.input.resize", "256"));
        return rsl_model_set_meta(m, "resile.input.crop", "224");
    }
    char size[64];
    snprintf(size, sizeof size, "%" PRId64 "x%" PRId64, o->height, o->width);
    return rsl_model_set_meta(m, "resile.input.resize", size);
}

/* ---- building ---- */

static int build_graph(struct rsl_model *m, const struct rsl_zoo_entry *e,
                       const struct rsl_zoo_options *o, bool weights) {
    const int64_t dims[] = {-1, o->channels, o->height, o->width};
    struct rsl_shape shape = rsl_shape_of(4, dims);
    m->graph.name = e->name;
    int input = rsl_graph_add_input(&m->graph, "input", RSL_f32, &shape);
    if (input < 0) return input;
    struct rsl_net n = {
        .graph = &m->graph,
        .arch = e->name,
        .weights = weights,
        .seed = o->seed,
        .classes = o->classes,
        .input = {.value = input, .c = o->channels, .h = o->height, .w = o->width},
    };
    e->build(&n, e->variant);
    RSL_TRY(n.status);
    return rsl_graph_check(&m->graph);
}

static int build(struct rsl_model **model, const struct rsl_zoo_entry *e,
                 const struct rsl_zoo_options *asked, bool weights) {
    struct rsl_zoo_options o;
    RSL_TRY(settle(e, asked, &o));
    struct rsl_model *m = rsl_model_new();
    if (!m) return RSL_ENOMEM;
    int rc;
    RSL_GOTO(build_graph(m, e, &o, weights));
    RSL_GOTO(rsl_model_set_meta(m, "resile.arch", e->name));
    RSL_GOTO(describe_input(m, e, &o));
    *model = m;
    return RSL_OK;
out:
    rsl_model_free(m);
    return rc;
}

static int find(const char *arch, const struct rsl_zoo_entry **entry) {
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(table[i].name, arch) == 0) {
            *entry = &table[i];
            return RSL_OK;
        }
    char names[RSL_NEAREST_TEXT];
    return rsl_fail(RSL_ENOTFOUND, "there is no network '%s'; the nearest are %s", arch,
                    rsl_nearest(arch, rsl_zoo_name, names));
}

int rsl_zoo_build(struct rsl_model **model, const char *arch,
                  const struct rsl_zoo_options *options) {
    const struct rsl_zoo_entry *entry;
    RSL_TRY(find(arch, &entry));
    return build(model, entry, options, true);
}

int rsl_zoo_skeleton(struct rsl_model **model, const char *arch,
                     const struct rsl_zoo_options *options) {
    const struct rsl_zoo_entry *entry;
    RSL_TRY(find(arch, &entry));
    return build(model, entry, options, false);
}

int64_t rsl_zoo_parameters(size_t i) {
    if (i >= COUNT) return no_network(i);
    struct rsl_model *m;
    RSL_TRY(build(&m, &table[i], NULL, false));
    int64_t count = rsl_graph_parameters(&m->graph);
    rsl_model_free(m);
    return count;
}
