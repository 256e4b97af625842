/* See settings.h. */
#define _POSIX_C_SOURCE 200809L
#include "train/settings.h"

#include "base/number.h"
#include "base/status.h"
#include "data/fingerprint.h"
#include "data/preprocess.h"
#include "graph/compute.h"
#include "graph/model.h"
#include "graph/op.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- options over the recipe ---- */

static int number(const char *text, const char *what, double otherwise, double *value) {
    *value = otherwise;
    if (!text) return RSL_OK;
    char *end;
    errno = 0;
    *value = rsl_parse_double(text, &end);
    if (end == text || *end || !isfinite(*value) || *value < 0)
        return rsl_fail(RSL_EARG, "%s '%s' is not a number from 0 on", what, text);
    return RSL_OK;
}

static bool normalises(const struct rsl_model *m) {
    for (size_t i = 0; i < m->graph.nodes.n; i++)
        if (rsl_node_is(&m->graph.nodes.at[i], "BatchNormalization")) return true;
    return false;
}

static int read_rate(struct rsl_train_settings *s, const struct rsl_train_options *o,
                     const struct rsl_model *model) {
    const struct rsl_recipe *r = s->recipe;
    s->rate = o->learning_rate;
    if (isnan(s->rate) || s->rate < 0 || isinf(s->rate))
        return rsl_fail(RSL_EARG, "the learning rate is %g, it must be a positive number", s->rate);
    if (s->rate > 0) return RSL_OK;
    s->rate = normalises(model) ? r->rate : r->rate_plain;
    /* The recipes' rates are for SGD; steps of Adam have the size of the rate itself. */
    if (o->optimizer && strcmp(o->optimizer, "sgd") != 0) s->rate = 1e-3;
    return RSL_OK;
}

/* "0.9,0.99": both are given, or none. */
static int read_betas(struct rsl_optimizer_options *t, const char *text) {
    char *end;
    if (!text) return RSL_OK;
    t->beta1 = rsl_parse_double(text, &end);
    bool first = end != text && *end == ',';
    const char *second = end + 1;
    if (first) t->beta2 = rsl_parse_double(second, &end);
    if (!first || end == second || *end || !(t->beta1 > 0 && t->beta2 > 0))
        return rsl_fail(RSL_EARG, "betas '%s': two numbers above 0 like 0.9,0.999", text);
    return RSL_OK;
}

static int read_decay(struct rsl_train_settings *s, const struct rsl_train_options *o) {
    const char *decay = o->decay ? o->decay : "all";
    s->trainer.decay_weights_only = strcmp(decay, "weights") == 0;
    if (!s->trainer.decay_weights_only && strcmp(decay, "all") != 0)
        return rsl_fail(RSL_ENOTFOUND, "decay of '%s'; there are all, weights", decay);
    s->trainer.optimizer.decoupled = o->decoupled != 0;
    return number(o->weight_decay, "weight decay", s->recipe->weight_decay,
                  &s->trainer.optimizer.weight_decay);
}

static int read_optimizer(struct rsl_train_settings *s, const struct rsl_train_options *o) {
    struct rsl_optimizer_options *t = &s->trainer.optimizer;
    double smoothing;
    t->name = o->optimizer ? rsl_arena_strdup(&s->arena, o->optimizer) : "sgd";
    if (!t->name) return RSL_ENOMEM;
    bool sgd = strcmp(t->name, "sgd") == 0;
    RSL_TRY(number(o->momentum, "momentum", sgd ? s->recipe->momentum : 0, &t->momentum));
    RSL_TRY(number(o->epsilon, "epsilon", 0, &t->epsilon));
    RSL_TRY(read_betas(t, o->betas));
    RSL_TRY(read_decay(s, o));
    RSL_TRY(number(o->label_smoothing, "label smoothing", s->recipe->label_smoothing, &smoothing));
    if (smoothing >= 1)
        return rsl_fail(RSL_EARG, "label smoothing of %g: it must be in [0,1)", smoothing);
    s->trainer.label_smoothing = (float)smoothing;
    t->nesterov = o->nesterov > 0 || (o->nesterov == 0 && sgd && t->momentum > 0);
    return RSL_OK;
}

static int read_loss(struct rsl_train_settings *s, const struct rsl_train_options *o) {
    const char *loss = o->loss ? o->loss : "cross-entropy";
    s->trainer.mean_square = strcmp(loss, "mean-square") == 0;
    if (!s->trainer.mean_square && strcmp(loss, "cross-entropy") != 0)
        return rsl_fail(RSL_ENOTFOUND,
                        "there is no loss '%s'; there are cross-entropy, mean-square", loss);
    if (s->trainer.mean_square && o->label_smoothing && s->trainer.label_smoothing > 0)
        return rsl_fail(RSL_EARG, "label smoothing is of cross-entropy; mean-square has none");
    if (s->trainer.mean_square) s->trainer.label_smoothing = 0;
    if (!o->penalties || !o->penalties[0]) return RSL_OK;
    s->trainer.penalties = rsl_arena_strdup(&s->arena, o->penalties);
    return s->trainer.penalties ? RSL_OK : RSL_ENOMEM;
}

static int read_encoding(struct rsl_train_settings *s, const struct rsl_train_options *o) {
    s->trainer.ber = o->ber;
    if (!o->qat) return RSL_OK;
    RSL_TRY(rsl_encoding_parse(&s->encoding, o->qat));
    s->trainer.encoding = &s->encoding;
    return RSL_OK;
}

/* "a,b" to a list in the arena. */
static int read_frozen(struct rsl_train_settings *s, const char *text) {
    if (!text || !text[0]) return RSL_OK;
    size_t n = 1;
    for (const char *c = text; *c; c++) n += *c == ',';
    const char **list = rsl_arena_array(&s->arena, n, sizeof *list);
    char *copy = rsl_arena_strdup(&s->arena, text);
    if (!list || !copy) return RSL_ENOMEM;
    char *save = NULL;
    s->trainer.n_frozen = 0;
    for (char *w = strtok_r(copy, ",", &save); w; w = strtok_r(NULL, ",", &save))
        list[s->trainer.n_frozen++] = w;
    s->trainer.frozen = list;
    return RSL_OK;
}

static int read_all(struct rsl_train_settings *s, const struct rsl_train_options *o,
                    const struct rsl_model *model, const struct rsl_data *data) {
    RSL_TRY(rsl_recipe_find(&s->recipe, o->recipe, rsl_data_name(data)));
    const struct rsl_recipe *r = s->recipe;
    if (o->epochs < 0 || o->batch < 0 || o->accumulate < 0 || o->passes < 0 || o->images < 0 ||
        o->test_images < 0)
        return rsl_fail(RSL_EARG, "a negative number of epochs, images, batches or passes");
    s->epochs = o->epochs > 0 ? o->epochs : r->epochs;
    s->trainer.batch = o->batch > 0 ? o->batch : r->batch;
    s->trainer.threads = o->deterministic ? 1 : o->threads;
    s->trainer.reference = o->reference;
    s->trainer.seed = o->seed;
    s->trainer.clip = o->clip;
    s->trainer.weight_clip = o->weight_clip;
    s->trainer.accumulate = o->accumulate > 0 ? o->accumulate : 1;
    s->trainer.passes = o->passes > 0 ? o->passes : 1;
    RSL_TRY(rsl_compute_parse_float(o->compute, &s->trainer.compute));
    RSL_TRY(read_rate(s, o, model));
    RSL_TRY(read_optimizer(s, o));
    RSL_TRY(rsl_schedule_parse(&s->schedule, o->schedule ? o->schedule : r->schedule));
    RSL_TRY(rsl_augment_parse(&s->augment, o->augment ? o->augment : r->augment));
    RSL_TRY(read_loss(s, o));
    RSL_TRY(read_encoding(s, o));
    return read_frozen(s, o->frozen);
}

/* ---- their text ---- */

/* So many tell one set from another; all of them could be an hour of decoding. */
static int64_t first_pictures(const struct rsl_data *data) {
    const int64_t most = 16, n = rsl_data_count(data);
    return n < most ? n : most;
}

static int describe(struct rsl_train_settings *s, const struct rsl_train_options *o,
                    const struct rsl_data *data) {
    struct rsl_text *t = &s->text;
    const struct rsl_trainer_options *r = &s->trainer;
    char encoding[RSL_ENCODING_TEXT], hex[65];
    rsl_text_printf(t, "data=%s %s %" PRId64 "\n", rsl_data_name(data), rsl_data_split(data),
                    rsl_data_count(data));
    rsl_text_printf(t, "images=%" PRId64 "\n", o->images);
    rsl_text_printf(t, "epochs=%" PRId64 "\n", s->epochs);
    rsl_text_printf(t, "batch=%" PRId64 "\n", r->batch);
    rsl_text_printf(t, "accumulate=%d\n", r->accumulate);
    rsl_text_printf(t, "passes=%d\n", r->passes);
    rsl_text_printf(t, "learning rate=%.17g\n", s->rate);
    rsl_text_printf(t, "schedule=%s\n", o->schedule ? o->schedule : s->recipe->schedule);
    rsl_text_printf(t, "optimizer=%s\n", r->optimizer.name);
    rsl_text_printf(t, "momentum=%.17g\n", r->optimizer.momentum);
    rsl_text_printf(t, "nesterov=%d\n", r->optimizer.nesterov);
    rsl_text_printf(t, "weight decay=%.17g\n", r->optimizer.weight_decay);
    rsl_text_printf(t, "decoupled=%d\n", r->optimizer.decoupled);
    rsl_text_printf(t, "decay of=%s\n", r->decay_weights_only ? "weights" : "all");
    rsl_text_printf(t, "betas=%.17g,%.17g\n", r->optimizer.beta1, r->optimizer.beta2);
    rsl_text_printf(t, "epsilon=%.17g\n", r->optimizer.epsilon);
    rsl_text_printf(t, "loss=%s\n", r->mean_square ? "mean-square" : "cross-entropy");
    rsl_text_printf(t, "penalties=%s\n", r->penalties ? r->penalties : "none");
    rsl_text_printf(t, "label smoothing=%.9g\n", (double)r->label_smoothing);
    rsl_text_printf(t, "augmentation=%s\n", o->augment ? o->augment : s->recipe->augment);
    rsl_text_printf(t, "clip=%.17g\n", r->clip);
    rsl_text_printf(t, "weight clip=%.17g\n", r->weight_clip);
    rsl_text_printf(t, "quantization=%s\n",
                    r->encoding ? rsl_encoding_text(r->encoding, encoding) : "none");
    rsl_text_printf(t, "bit error rate=%.17g\n", r->ber);
    if (r->ber > 0) rsl_text_printf(t, "gradient=clean and struck\n");
    rsl_text_printf(t, "frozen=%s\n", o->frozen ? o->frozen : "");
    rsl_text_printf(t, "seed=%" PRIu64 "\n", r->seed);
    rsl_text_printf(t, "compute=%s\n",
                    r->reference ? "reference" : rsl_compute_name((int)r->compute));
    rsl_fingerprint_labels(data, hex);
    rsl_text_printf(t, "classes=%s\n", hex);
    RSL_TRY(rsl_fingerprint_data(data, first_pictures(data), 1, hex));
    rsl_text_printf(t, "pictures=%s\n", hex);
    return t->status;
}

int rsl_train_settings_subset(struct rsl_train_settings *s) {
    rsl_text_printf(&s->text, "images taken=as many of each class\n");
    return s->text.status;
}

int rsl_train_settings_input(struct rsl_train_settings *s, const struct rsl_model *model) {
    struct rsl_preprocess_word words[RSL_PREPROCESS_WORDS];
    rsl_preprocess_words(words, model, NULL);
    for (int i = 0; i < RSL_PREPROCESS_WORDS; i++)
        rsl_text_printf(&s->text, "input %s=%s\n", strrchr(words[i].key, '.') + 1,
                        words[i].text ? words[i].text : "");
    return s->text.status;
}

/* What the checkpoint has is none of the network's own. */
static void forget(struct rsl_graph *g, const char *name) {
    g->values.at[rsl_graph_find(g, name)].tensor.data = NULL;
}

int rsl_train_settings_network(struct rsl_train_settings *s, const struct rsl_trainer *t) {
    struct rsl_graph g;
    char hex[65];
    rsl_graph_init(&g);
    int rc = rsl_graph_copy(&g, &t->model->graph);
    for (size_t i = 0; i < t->n && rc >= 0; i++) forget(&g, t->masters[i].name);
    for (size_t i = 0; i < t->form.statistics.n && rc >= 0; i++) forget(&g, t->statistics[i].name);
    if (rc >= 0) {
        rsl_fingerprint_graph(&g, hex);
        rsl_text_printf(&s->text, "network=%s\n", hex);
    }
    rsl_graph_free(&g);
    return rc < 0 ? rc : s->text.status;
}

int rsl_train_settings(struct rsl_train_settings *s, const struct rsl_train_options *o,
                       const struct rsl_model *model, const struct rsl_data *data) {
    *s = (struct rsl_train_settings){0};
    RSL_TRY(read_all(s, o, model, data));
    return describe(s, o, data);
}

void rsl_train_settings_free(struct rsl_train_settings *s) {
    rsl_text_free(&s->text);
    rsl_arena_free(&s->arena);
}

/* ---- texts of checkpoints ---- */

const char *rsl_train_settings_value(const char *text, const char *key, size_t *n) {
    size_t length = strlen(key);
    while (text && *text) {
        size_t line = strcspn(text, "\n");
        if (line > length && memcmp(text, key, length) == 0 && text[length] == '=') {
            *n = line - length - 1;
            return text + length + 1;
        }
        text += line + (text[line] == '\n');
    }
    return NULL;
}

/* Lines that checkpoints of earlier versions do not have: what held then, NULL when unknown. */
static const struct {
    const char *key, *held;
} younger[] = {{"classes", NULL},   {"pictures", NULL}, {"network", NULL}, {"decoupled", "0"},
               {"decay of", "all"}, {"betas", "0,0"},   {"epsilon", "0"},  {"passes", "1"}};

static bool agrees(const char *key, const char *mine, size_t n, const char *theirs,
                   size_t n_theirs) {
    if (theirs) return n == n_theirs && memcmp(mine, theirs, n) == 0;
    for (size_t i = 0; i < sizeof younger / sizeof *younger; i++) {
        const char *held = younger[i].held;
        if (strcmp(younger[i].key, key) == 0)
            return !held || (n == strlen(held) && memcmp(mine, held, n) == 0);
    }
    return false;
}

/* A digest says nothing to people, and a training that has ended is no loss. */
static int differs(const char *key, const char *mine, int n, const char *theirs, int n_theirs) {
    if (strcmp(key, "classes") == 0 || strcmp(key, "pictures") == 0 || strcmp(key, "network") == 0)
        return rsl_fail(RSL_EMISMATCH,
                        "the checkpoint was made with other %s; give the same data and model, or"
                        " start anew: --restart instead of --resume",
                        strcmp(key, "network") == 0 ? "layers or frozen parameters" : key);
    if (strcmp(key, "epochs") == 0 && theirs)
        return rsl_fail(RSL_EMISMATCH,
                        "the checkpoint was made with epochs %.*s, this training has %.*s, and the"
                        " schedule depends on them; give the same, or train the model that it"
                        " ended with further: --model",
                        n_theirs, theirs, n, mine);
    return rsl_fail(RSL_EMISMATCH,
                    "the checkpoint was made with %s %.*s, this training has %.*s; give the same"
                    " options, or start anew: --restart instead of --resume",
                    key, theirs ? n_theirs : 7, theirs ? theirs : "unknown", n, mine);
}

int rsl_train_settings_same(const struct rsl_train_settings *s, const char *text) {
    for (const char *line = s->text.at; *line;) {
        size_t length = strcspn(line, "\n"), key = strcspn(line, "="), n = 0;
        const char *mine = line + key + 1;
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)key, line);
        const char *theirs = rsl_train_settings_value(text, name, &n);
        bool any = strcmp(name, "epochs") == 0 && rsl_schedule_endless(&s->schedule);
        if (!any && !agrees(name, mine, length - key - 1, theirs, n))
            return differs(name, mine, (int)(length - key - 1), theirs, (int)n);
        line += length + (line[length] == '\n');
    }
    return RSL_OK;
}
