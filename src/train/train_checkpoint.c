/* See train_checkpoint.h. */
#include "train/train_checkpoint.h"

#include "base/number.h"
#include "base/sha256.h"
#include "base/status.h"
#include "base/text.h"
#include "io/checkpoint.h"
#include "io/safetensors.h"
#include "train/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define VERSION "1"

/* ---- every tensor of the state, by number ---- */

struct entry {
    const char *prefix, *name;
    float *data;
    struct rsl_shape shape;
};

static size_t entries(const struct rsl_trainer *t) {
    return t->n + t->form.statistics.n + rsl_optimizer_states(t->optimizer);
}

static struct entry entry_at(const struct rsl_trainer *t, size_t i) {
    if (i < t->n)
        return (struct entry){"model.", t->masters[i].name, t->masters[i].master,
                              t->masters[i].shape};
    i -= t->n;
    if (i < t->form.statistics.n) {
        const struct rsl_statistic *r = &t->statistics[i];
        return (struct entry){"model.", r->name, r->value, rsl_shape_of(1, &r->count)};
    }
    struct rsl_optimizer_state s = rsl_optimizer_state(t->optimizer, i - t->form.statistics.n);
    return (struct entry){"optimizer.", s.name, s.value, t->masters[s.parameter].shape};
}

static int full_name(const struct entry *e, struct rsl_text *name) {
    name->n = 0;
    rsl_text_printf(name, "%s%s", e->prefix, e->name);
    return name->status;
}

/* ---- the position as texts ---- */

/* Every number of the position: its key, and where it is. */
#define POSITION(INTEGER, REAL)                    \
    INTEGER("resile.epoch", p->epoch)              \
    INTEGER("resile.batch", p->batch)              \
    INTEGER("resile.epoch_correct", p->correct)    \
    INTEGER("resile.epoch_images", p->images)      \
    INTEGER("resile.log_bytes", p->log_bytes)      \
    REAL("resile.epoch_loss", p->loss)             \
    REAL("resile.last_loss", p->last_loss)         \
    REAL("resile.last_accuracy", p->last_accuracy) \
    REAL("resile.test_loss", p->test_loss)         \
    REAL("resile.test_top1", p->test_top1)

static int put_integer(struct rsl_tensors *ts, const char *key, int64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    return rsl_tensors_set_meta(ts, key, text);
}

/* In hexadecimal: every bit survives. */
static int put_real(struct rsl_tensors *ts, const char *key, double value) {
    char text[64];
    rsl_format(text, sizeof text, "%a", value);
    return rsl_tensors_set_meta(ts, key, text);
}

static int get_integer(const struct rsl_tensors *ts, const char *key, int64_t *value) {
    const char *text = rsl_tensors_meta(ts, key);
    char *end = NULL;
    long long v = text ? strtoll(text, &end, 10) : 0;
    if (!text || end == text || *end || v < 0)
        return rsl_fail(RSL_EFORMAT, "the checkpoint's %s is missing or no number", key);
    *value = v;
    return RSL_OK;
}

static int get_real(const struct rsl_tensors *ts, const char *key, double *value) {
    const char *text = rsl_tensors_meta(ts, key);
    char *end = NULL;
    *value = text ? rsl_parse_double(text, &end) : 0;
    if (!text || end == text || *end)
        return rsl_fail(RSL_EFORMAT, "the checkpoint's %s is missing or no number", key);
    return RSL_OK;
}

static int put_position(struct rsl_tensors *ts, const struct rsl_train_position *p) {
#define PUT_INTEGER(key, value) RSL_TRY(put_integer(ts, key, value));
#define PUT_REAL(key, value)    RSL_TRY(put_real(ts, key, value));
    POSITION(PUT_INTEGER, PUT_REAL)
    return RSL_OK;
}

static int get_position(const struct rsl_tensors *ts, struct rsl_train_position *p) {
#define GET_INTEGER(key, value) RSL_TRY(get_integer(ts, key, &(value)));
#define GET_REAL(key, value)    RSL_TRY(get_real(ts, key, &(value)));
    POSITION(GET_INTEGER, GET_REAL)
    return RSL_OK;
}

/* ---- the checksum ---- */

static void add_text(struct rsl_sha256 *s, const char *text) {
    if (text) rsl_sha256_add(s, text, strlen(text) + 1);
}

/* Of every number that a training goes on from. All tensors are there. */
static int checksum(const struct rsl_tensors *ts, const struct rsl_trainer *t,
                    struct rsl_text *name, char hex[65]) {
    struct rsl_sha256 s;
    rsl_sha256_init(&s);
    add_text(&s, rsl_tensors_meta(ts, "resile.settings"));
    add_text(&s, rsl_tensors_meta(ts, "resile.step"));
#define ADD_TEXT(key, value) add_text(&s, rsl_tensors_meta(ts, key));
    POSITION(ADD_TEXT, ADD_TEXT)
    for (size_t i = 0; i < entries(t); i++) {
        struct entry e = entry_at(t, i);
        RSL_TRY(full_name(&e, name));
        const struct rsl_tensor *found = rsl_tensors_find(ts, name->at);
        rsl_sha256_add(&s, found->data, rsl_tensor_bytes(found));
    }
    rsl_sha256_hex(&s, hex);
    return RSL_OK;
}

/* ---- writing ---- */

static int collect(struct rsl_tensors *ts, const struct rsl_trainer *t, struct rsl_text *name) {
    for (size_t i = 0; i < entries(t); i++) {
        struct entry e = entry_at(t, i);
        struct rsl_tensor tensor = {RSL_f32, e.shape, e.data};
        RSL_TRY(full_name(&e, name));
        RSL_TRY(rsl_tensors_add(ts, name->at, &tensor));
    }
    return RSL_OK;
}

int rsl_train_checkpoint_write(const struct rsl_trainer *t, const struct rsl_train_position *p,
                               const char *settings, const char *path) {
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    struct rsl_text name = {0};
    char hex[65];
    int rc = collect(&ts, t, &name);
    if (rc == RSL_OK) rc = rsl_tensors_set_meta(&ts, "resile.checkpoint", VERSION);
    if (rc == RSL_OK) rc = rsl_tensors_set_meta(&ts, "resile.settings", settings);
    if (rc == RSL_OK) rc = put_integer(&ts, "resile.step", t->step);
    if (rc == RSL_OK) rc = put_position(&ts, p);
    if (rc == RSL_OK) rc = checksum(&ts, t, &name, hex);
    if (rc == RSL_OK) rc = rsl_tensors_set_meta(&ts, "resile.sha256", hex);
    if (rc == RSL_OK) rc = rsl_safetensors_write(&ts, path);
    rsl_text_free(&name);
    rsl_tensors_free(&ts);
    return rc;
}

/* ---- reading ---- */

static int check_tensors(const struct rsl_tensors *ts, const struct rsl_trainer *t,
                         struct rsl_text *name) {
    char have[RSL_SHAPE_TEXT], need[RSL_SHAPE_TEXT];
    for (size_t i = 0; i < entries(t); i++) {
        struct entry e = entry_at(t, i);
        RSL_TRY(full_name(&e, name));
        const struct rsl_tensor *found = rsl_tensors_find(ts, name->at);
        if (!found)
            return rsl_fail(RSL_EMISMATCH, "a checkpoint of another network: it has no '%s'",
                            name->at);
        if (found->dtype != RSL_f32 || !rsl_shape_equal(&found->shape, &e.shape))
            return rsl_fail(
                RSL_EMISMATCH, "a checkpoint of another network: '%s' has shape %s instead of %s",
                name->at, rsl_shape_text(&found->shape, have), rsl_shape_text(&e.shape, need));
    }
    if (ts->n != entries(t))
        return rsl_fail(RSL_EMISMATCH,
                        "a checkpoint of another network: it has %zu tensors instead of %zu", ts->n,
                        entries(t));
    return RSL_OK;
}

static int apply(const struct rsl_tensors *ts, struct rsl_trainer *t, struct rsl_train_position *p,
                 const struct rsl_train_settings *s, struct rsl_text *name) {
    struct rsl_train_position position = {0};
    int64_t step;
    char hex[65];
    const char *version = rsl_tensors_meta(ts, "resile.checkpoint");
    const char *written = rsl_tensors_meta(ts, "resile.sha256");
    if (!version) return rsl_fail(RSL_EFORMAT, "no checkpoint of a training by resile");
    if (strcmp(version, VERSION) != 0)
        return rsl_fail(RSL_EUNSUPPORTED, "a checkpoint of version %s, known is " VERSION, version);
    RSL_TRY(check_tensors(ts, t, name));
    RSL_TRY(rsl_train_settings_same(s, rsl_tensors_meta(ts, "resile.settings")));
    RSL_TRY(get_integer(ts, "resile.step", &step));
    RSL_TRY(get_position(ts, &position));
    RSL_TRY(checksum(ts, t, name, hex));
    if (!written || strcmp(written, hex) != 0)
        return rsl_fail(RSL_EFORMAT, "the checkpoint is damaged: its checksum does not fit");
    RSL_TRY(rsl_optimizer_set_steps(t->optimizer, step));
    for (size_t i = 0; i < entries(t); i++) {
        struct entry e = entry_at(t, i);
        RSL_TRY(full_name(&e, name));
        const struct rsl_tensor *found = rsl_tensors_find(ts, name->at);
        memcpy(e.data, found->data, rsl_tensor_bytes(found));
    }
    *p = position;
    t->step = step;
    t->stale = true;
    return RSL_OK;
}

int rsl_train_checkpoint_apply(struct rsl_trainer *t, struct rsl_train_position *p,
                               const struct rsl_train_settings *settings,
                               const struct rsl_tensors *ts) {
    struct rsl_text name = {0};
    int rc = apply(ts, t, p, settings, &name);
    rsl_text_free(&name);
    return rc;
}

/* ---- what is there before a new training ---- */

static int check_ended(const struct rsl_tensors *ts, const char *path) {
    const char *settings = rsl_tensors_meta(ts, "resile.settings");
    size_t n;
    const char *text = rsl_train_settings_value(settings, "epochs", &n);
    int64_t step, epoch, epochs = text ? strtoll(text, NULL, 10) : 0;
    RSL_TRY(get_integer(ts, "resile.step", &step));
    RSL_TRY(get_integer(ts, "resile.epoch", &epoch));
    if (epoch >= epochs) return RSL_OK;
    return rsl_fail(RSL_EARG,
                    "%s stands at step %" PRId64 ", in epoch %" PRId64 " of %" PRId64
                    ": --resume goes on, --restart discards it",
                    path, step, epoch + 1, epochs);
}

int rsl_train_checkpoint_replaceable(const char *path, bool discard) {
    struct rsl_tensors ts = RSL_TENSORS_INIT;
    struct stat s;
    if (stat(path, &s) < 0 || !S_ISREG(s.st_mode)) return RSL_OK;
    int rc = rsl_checkpoint_read(&ts, path);
    bool foreign = rc == RSL_EFORMAT || rc == RSL_EUNSUPPORTED ||
                   (rc == RSL_OK && !rsl_tensors_meta(&ts, "resile.checkpoint"));
    if (foreign)
        rc = rsl_fail(RSL_EARG, "%s is no checkpoint of a training: name another file", path);
    if (rc == RSL_OK && !discard) rc = check_ended(&ts, path);
    rsl_tensors_free(&ts);
    return rc;
}
