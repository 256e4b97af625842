/* See describe.h. */
#include "train/describe.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"
#include "base/text.h"
#include "data/preprocess.h"
#include "graph/model.h"
#include "train/settings.h"

#include <stdio.h>
#include <string.h>

static const char *word(const struct rsl_model *m, const struct rsl_preprocess_options *o,
                        const char *key) {
    struct rsl_preprocess_word words[RSL_PREPROCESS_WORDS];
    rsl_preprocess_words(words, m, o);
    for (int i = 0; i < RSL_PREPROCESS_WORDS; i++)
        if (strcmp(strrchr(words[i].key, '.') + 1, key) == 0) return words[i].text;
    return NULL;
}

/* Numbers in "0.5" or "0.4914 0.4822 0.4465". */
static int64_t numbers(const char *text) {
    int64_t n = 1;
    for (const char *c = text; *c; c++) n += *c == ' ';
    return n;
}

/* A recipe's statistics per channel are of no use to a network of other channels. A network that
 * may have been trained already is not given them unsaid. */
static void take_from_recipe(struct rsl_preprocess_options *o, const struct rsl_recipe *recipe,
                             int64_t channels, bool fresh) {
    int64_t n = numbers(recipe->mean);
    if ((n != 1 && n != channels) || (o->mean && o->std)) return;
    if (!o->mean) o->mean = recipe->mean;
    if (!o->std) o->std = recipe->std;
    if (!fresh)
        rsl_log(RSL_LOG_INFO,
                "the model does not say how its images are normalized: it is trained with mean %s"
                " and deviation %s, of recipe %s; --mean and --std name others",
                o->mean, o->std, recipe->name);
}

/* The recipe may have had other numbers when the training was begun. */
static int take_from_settings(struct rsl_preprocess_options *o, const char *begun,
                              struct rsl_arena *arena) {
    const struct {
        const char *key, **to;
    } parts[] = {{"input scale", &o->scale},
                 {"input offset", &o->offset},
                 {"input mean", &o->mean},
                 {"input std", &o->std}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t n;
        const char *text = rsl_train_settings_value(begun, parts[i].key, &n);
        if (*parts[i].to || !text || n == 0) continue;
        *parts[i].to = rsl_arena_printf(arena, "%.*s", (int)n, text);
        if (!*parts[i].to) return RSL_ENOMEM;
    }
    return RSL_OK;
}

static bool says(const struct rsl_model *m, const char *key) {
    return rsl_model_meta(m, key) != NULL;
}

static int write_words(struct rsl_model *m, const struct rsl_preprocess_options *o) {
    struct rsl_preprocess_word words[RSL_PREPROCESS_WORDS];
    rsl_preprocess_words(words, m, o);
    for (int i = 0; i < RSL_PREPROCESS_WORDS; i++)
        RSL_TRY(rsl_model_set_meta(m, words[i].key, words[i].text));
    return RSL_OK;
}

int rsl_describe_input(struct rsl_model *m, const struct rsl_data *data,
                       const struct rsl_preprocess_options *given, const struct rsl_recipe *recipe,
                       bool fresh, const char *begun) {
    const struct rsl_shape *x = &m->graph.values.at[m->graph.inputs.at[0]].tensor.shape;
    struct rsl_preprocess_options o = given ? *given : (struct rsl_preprocess_options){0};
    struct rsl_arena arena = {0};
    int rc = RSL_OK, shape[3];
    char size[48];
    bool scaled = says(m, "resile.input.scale") || says(m, "resile.input.offset");
    if (x->rank == 4 && !says(m, "resile.input.mean") && !says(m, "resile.input.std")) {
        if (begun)
            rc = take_from_settings(&o, begun, &arena);
        else if (fresh || !scaled)
            take_from_recipe(&o, recipe, x->dim[1], fresh);
    }
    rsl_data_shape(data, shape);
    bool sized = x->rank == 4 && x->dim[2] > 0 && x->dim[3] > 0;
    bool fits = sized && shape[1] == x->dim[2] && shape[2] == x->dim[3];
    if (sized && !fits && !word(m, &o, "resize") && !word(m, &o, "crop")) {
        snprintf(size, sizeof size, "%lldx%lld", (long long)x->dim[2], (long long)x->dim[3]);
        o.resize = size;
    }
    if (rc == RSL_OK) rc = write_words(m, &o);
    rsl_arena_free(&arena);
    return rc;
}

int rsl_describe_classes(struct rsl_model *m, const struct rsl_data *data) {
    struct rsl_text names = {0};
    for (int i = 0; i < rsl_data_classes(data); i++)
        rsl_text_printf(&names, "%s%s", i ? "\n" : "", rsl_data_class_name(data, i));
    int rc = names.status;
    if (rc == RSL_OK && names.n) rc = rsl_model_set_meta(m, "resile.classes", names.at);
    rsl_text_free(&names);
    return rc;
}
