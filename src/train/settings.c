/* See settings.h. */
#define _POSIX_C_SOURCE 200809L
#include "train/settings.h"

#include "base/status.h"
#include "data/preprocess.h"
#include "graph/compute.h"
#include "graph/model.h"
#include "graph/op.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- options over the recipe ---- */

static int number(const char *text, const char *what, double otherwise, double *value) {
    *value = otherwise;
    if (!text) return RSL_OK;
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    if (end == text || *end || !isfinite(*value) || *value < 0)
        return rsl_fail(RSL_EARG, "%s '%s' is not a number from 0 on", what, text);
    return RSL_OK;
}

static bool normalises(const struct rsl_model *m) {
    for (size_t i = 0; i < m->graph.nodes.n; i++)
        if (strcmp(m->graph.nodes.at[i].op->name, "BatchNormalization") == 0) return true;
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

static int read_optimizer(struct rsl_train_settings *s, const struct rsl_train_options *o) {
    struct rsl_optimizer_options *t = &s->trainer.optimizer;
    double smoothing;
    t->name = o->optimizer ? rsl_arena_strdup(&s->arena, o->optimizer) : "sgd";
    if (!t->name) return RSL_ENOMEM;
    bool sgd = strcmp(t->name, "sgd") == 0;
    RSL_TRY(number(o->momentum, "momentum", sgd ? s->recipe->momentum : 0, &t->momentum));
    RSL_TRY(number(o->weight_decay, "weight decay", s->recipe->weight_decay, &t->weight_decay));
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
    if (o->epochs < 0 || o->batch < 0 || o->accumulate < 0 || o->images < 0)
        return rsl_fail(RSL_EARG, "a negative number of epochs, images or batches");
    s->epochs = o->epochs > 0 ? o->epochs : r->epochs;
    s->trainer.batch = o->batch > 0 ? o->batch : r->batch;
    s->trainer.threads = o->deterministic ? 1 : o->threads;
    s->trainer.reference = o->reference;
    s->trainer.seed = o->seed;
    s->trainer.clip = o->clip;
    s->trainer.weight_clip = o->weight_clip;
    s->trainer.accumulate = o->accumulate > 0 ? o->accumulate : 1;
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

static int describe(struct rsl_train_settings *s, const struct rsl_train_options *o,
                    const struct rsl_data *data) {
    struct rsl_text *t = &s->text;
    const struct rsl_trainer_options *r = &s->trainer;
    char encoding[RSL_ENCODING_TEXT];
    rsl_text_printf(t, "data=%s %s %" PRId64 "\n", rsl_data_name(data), rsl_data_split(data),
                    rsl_data_count(data));
    rsl_text_printf(t, "images=%" PRId64 "\n", o->images);
    rsl_text_printf(t, "epochs=%" PRId64 "\n", s->epochs);
    rsl_text_printf(t, "batch=%" PRId64 "\n", r->batch);
    rsl_text_printf(t, "accumulate=%d\n", r->accumulate);
    rsl_text_printf(t, "learning rate=%.17g\n", s->rate);
    rsl_text_printf(t, "schedule=%s\n", o->schedule ? o->schedule : s->recipe->schedule);
    rsl_text_printf(t, "optimizer=%s\n", r->optimizer.name);
    rsl_text_printf(t, "momentum=%.17g\n", r->optimizer.momentum);
    rsl_text_printf(t, "nesterov=%d\n", r->optimizer.nesterov);
    rsl_text_printf(t, "weight decay=%.17g\n", r->optimizer.weight_decay);
    rsl_text_printf(t, "loss=%s\n", r->mean_square ? "mean-square" : "cross-entropy");
    rsl_text_printf(t, "penalties=%s\n", r->penalties ? r->penalties : "none");
    rsl_text_printf(t, "label smoothing=%.9g\n", (double)r->label_smoothing);
    rsl_text_printf(t, "augmentation=%s\n", o->augment ? o->augment : s->recipe->augment);
    rsl_text_printf(t, "clip=%.17g\n", r->clip);
    rsl_text_printf(t, "weight clip=%.17g\n", r->weight_clip);
    rsl_text_printf(t, "quantization=%s\n",
                    r->encoding ? rsl_encoding_text(r->encoding, encoding) : "none");
    rsl_text_printf(t, "bit error rate=%.17g\n", r->ber);
    rsl_text_printf(t, "frozen=%s\n", o->frozen ? o->frozen : "");
    rsl_text_printf(t, "seed=%" PRIu64 "\n", r->seed);
    rsl_text_printf(t, "compute=%s\n",
                    r->reference ? "reference" : rsl_compute_name((int)r->compute));
    return t->status;
}

int rsl_train_settings_input(struct rsl_train_settings *s, const struct rsl_model *model) {
    struct rsl_preprocess_word words[RSL_PREPROCESS_WORDS];
    rsl_preprocess_words(words, model, NULL);
    for (int i = 0; i < RSL_PREPROCESS_WORDS; i++)
        rsl_text_printf(&s->text, "input %s=%s\n", strrchr(words[i].key, '.') + 1,
                        words[i].text ? words[i].text : "");
    return s->text.status;
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

int rsl_train_settings_same(const struct rsl_train_settings *s, const char *text) {
    for (const char *mine = s->text.at; *mine;) {
        size_t line = strcspn(mine, "\n"), key = strcspn(mine, "="), n = 0;
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)key, mine);
        const char *theirs = rsl_train_settings_value(text, name, &n), *value = mine + key + 1;
        if (!theirs || n != line - key - 1 || memcmp(theirs, value, n) != 0)
            return rsl_fail(RSL_EMISMATCH,
                            "the checkpoint was made with %s %.*s, this training has %.*s; give"
                            " the same options, or start anew: --restart instead of --resume",
                            name, theirs ? (int)n : 7, theirs ? theirs : "unknown",
                            (int)(line - key - 1), value);
        mine += line + (mine[line] == '\n');
    }
    return RSL_OK;
}
