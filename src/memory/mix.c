/* See mix.h. */
#include "memory/mix.h"

#include "base/alloc.h"
#include "base/status.h"
#include "memory/layer_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 256 };

/* ---- from texts ---- */

struct entry {
    char name[NAME]; /* "" for the first */
    bool quoted;
    char storage[RSL_STORAGE_TEXT];
};

static int fail_entry(const char *text) {
    return rsl_fail(RSL_EARG,
                    "in the storage, '%.80s' is not of the form LAYER=STORAGE, as in 'affine4/msb; "
                    "conv1=affine8/tmr'",
                    text);
}

/* Copies text[0..n) without blanks around it. */
static bool copy_trimmed(char *to, size_t room, const char *text, size_t n) {
    while (n > 0 && isspace((unsigned char)*text)) text++, n--;
    while (n > 0 && isspace((unsigned char)text[n - 1])) n--;
    if (n == 0 || n >= room) return false;
    memcpy(to, text, n);
    to[n] = '\0';
    return true;
}

/* NAME= or "NAME"= at *at, which is moved behind it. */
static int read_name(struct entry *e, const char **at) {
    const char *text = *at + strspn(*at, " \t\n");
    const char *end = *text == '"' ? strchr(text + 1, '"') : text + strcspn(text, "=;");
    e->quoted = *text == '"';
    if (!end || !copy_trimmed(e->name, NAME, text + e->quoted, (size_t)(end - text) - e->quoted))
        return fail_entry(text);
    end += e->quoted;
    end += strspn(end, " \t\n");
    if (*end != '=') return fail_entry(text);
    *at = end + 1;
    return RSL_OK;
}

static int read_entry(struct entry *e, const char **at, bool first) {
    const char *start = *at;
    *e = (struct entry){0};
    if (!first) RSL_TRY(read_name(e, at));
    size_t n = strcspn(*at, ";");
    if (!copy_trimmed(e->storage, sizeof e->storage, *at, n))
        return first ? rsl_fail(RSL_EARG,
                                "the storage '%.80s' does not begin with that of all "
                                "weights",
                                start)
                     : fail_entry(start);
    *at += n;
    return RSL_OK;
}

/* ---- entries ---- */

/* "/tmr": a protection without an encoding, which regions have of their own. */
static int parse_region(struct rsl_storage *s, const char *text, enum rsl_region r) {
    char whole[RSL_STORAGE_TEXT + 4];
    bool open = text[0] == '/';
    snprintf(whole, sizeof whole, "%s%s", open ? "f32" : "", text);
    RSL_TRY(rsl_storage_parse(s, whole));
    if (s->encoding.kind->grid)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "%s cannot be stored as %s: only weights have scales of their own",
                        rsl_region_name(r), s->encoding.kind->name);
    if (open && r == RSL_REGION_ZERO_POINTS) s->encoding.kind = NULL; /* as narrow as they are */
    return RSL_OK;
}

static bool is_pattern(const char *name) {
    size_t digits = strspn(name, "0123456789");
    return strpbrk(name, "*?") || (digits > 0 && name[digits] == '-');
}

static int set_pattern(struct rsl_mix *m, const char *pattern, const struct rsl_storage *s) {
    char nearest[RSL_NEAREST_TEXT];
    bool any = false;
    for (int k = 0; k < m->n; k++) {
        if (!rsl_layer_matches(m->outline, k, pattern)) continue;
        m->each[k] = *s;
        any = true;
    }
    if (any) return RSL_OK;
    return rsl_fail(RSL_ENOTFOUND, "in the storage, no layer matches '%.100s'; there are %s, ...",
                    pattern,
                    rsl_layer_nearest(m->outline, 1u << RSL_REGION_WEIGHTS, pattern, nearest));
}

static int set_entry(struct rsl_mix *m, const struct entry *e) {
    struct rsl_storage s;
    for (enum rsl_region r = RSL_REGION_SCALES; r < RSL_REGIONS && !e->quoted; r++)
        if (strcmp(e->name, rsl_region_name(r)) == 0)
            return parse_region(&m->region[r], e->storage, r);
    RSL_TRY(rsl_storage_parse(&s, e->storage));
    if (!e->quoted && is_pattern(e->name)) return set_pattern(m, e->name, &s);
    int k = rsl_layer_find(m->outline, e->name);
    if (k < 0) return rsl_fail_in(k, "in the storage");
    m->each[k] = s;
    return RSL_OK;
}

/* ---- making ---- */

int rsl_mix_init(struct rsl_mix *m, const struct rsl_graph *g, const struct rsl_storage *storage) {
    *m = (struct rsl_mix){0};
    RSL_TRY(rsl_memory_outline(&m->outline, g));
    m->n = m->outline->n;
    m->region[RSL_REGION_WEIGHTS] = *storage;
    m->each = rsl_calloc((size_t)m->n, sizeof *m->each);
    for (int k = 0; m->each && k < m->n; k++) m->each[k] = *storage;
    return m->each ? RSL_OK : RSL_ENOMEM;
}

static int parse(struct rsl_mix *m, const struct rsl_graph *g, const char *text) {
    struct rsl_storage storage;
    struct entry e;
    RSL_TRY(read_entry(&e, &text, true));
    RSL_TRY(rsl_storage_parse(&storage, e.storage));
    RSL_TRY(rsl_mix_init(m, g, &storage));
    while (*text == ';') {
        text++;
        if (text[strspn(text, " \t\n")] == '\0') break; /* a semicolon may end it */
        RSL_TRY(read_entry(&e, &text, false));
        RSL_TRY(set_entry(m, &e));
    }
    return RSL_OK;
}

int rsl_mix_parse(struct rsl_mix *m, const struct rsl_graph *g, const char *text) {
    *m = (struct rsl_mix){0};
    int rc = parse(m, g, text);
    if (rc < 0) rsl_mix_free(m);
    return rc;
}

/* As the image has the region, where it is protected. Zero points are as narrow as they are, which
 * may differ from tensor to tensor. */
static void take_region(struct rsl_mix *m, const struct rsl_memory *image, enum rsl_region r) {
    if (image->region[r].n == 0) return;
    struct rsl_storage s = image->tensors[image->region[r].first].storage;
    if (strcmp(s.protection.kind->name, "none") == 0) return;
    if (r == RSL_REGION_ZERO_POINTS) s.encoding.kind = NULL;
    m->region[r] = s;
}

int rsl_mix_of(struct rsl_mix *m, const struct rsl_graph *g, const struct rsl_memory *image) {
    int rc = rsl_mix_init(m, g, &image->tensors[0].storage);
    for (int k = 0; rc == RSL_OK && k < m->n; k++) {
        m->each[k] = image->tensors[k].storage;
        /* The axis of the layer's outputs is not named. */
        if (m->each[k].encoding.axis == m->outline->tensors[k].storage.encoding.axis)
            m->each[k].encoding.axis = RSL_AXIS_OUTPUT;
    }
    if (rc < 0) {
        rsl_mix_free(m);
        return rc;
    }
    m->region[RSL_REGION_WEIGHTS] = m->each[0];
    take_region(m, image, RSL_REGION_SCALES);
    take_region(m, image, RSL_REGION_ZERO_POINTS);
    return rc;
}

void rsl_mix_free(struct rsl_mix *m) {
    rsl_memory_free(m->outline);
    rsl_free(m->each);
    *m = (struct rsl_mix){0};
}

struct rsl_memory_options rsl_mix_options(const struct rsl_mix *m) {
    struct rsl_memory_options o = {.each = m->each, .n_each = m->n};
    memcpy(o.region, m->region, sizeof o.region);
    return o;
}

/* ---- to text ---- */

static bool same(const struct rsl_storage *a, const struct rsl_storage *b) {
    char x[RSL_STORAGE_TEXT], y[RSL_STORAGE_TEXT];
    return strcmp(rsl_storage_text(a, x), rsl_storage_text(b, y)) == 0;
}

bool rsl_mix_uniform(const struct rsl_mix *m) {
    for (int k = 1; k < m->n; k++)
        if (!same(&m->each[k], &m->each[0])) return false;
    return true;
}

/* The first of the storages that most weights have. */
static int most_frequent(const struct rsl_mix *m) {
    int best = 0, most = 0;
    for (int k = 0; k < m->n; k++) {
        int n = 0;
        for (int i = 0; i < m->n; i++) n += same(&m->each[i], &m->each[k]);
        if (n > most) best = k, most = n;
    }
    return best;
}

static bool needs_quotes(const char *name) {
    for (enum rsl_region r = 0; r < RSL_REGIONS; r++)
        if (strcmp(name, rsl_region_name(r)) == 0) return true;
    return is_pattern(name) || strpbrk(name, "=; \t\n");
}

static void add_layer(const struct rsl_mix *m, int k, struct rsl_text *text) {
    char storage[RSL_STORAGE_TEXT];
    struct rsl_text name = {0};
    rsl_layer_name(m->outline, k, &name);
    if (name.status < 0) {
        text->status = name.status;
    } else {
        const char *quote = needs_quotes(name.at) ? "\"" : "";
        rsl_text_printf(text, "; %s%s%s=%s", quote, name.at, quote,
                        rsl_storage_text(&m->each[k], storage));
    }
    rsl_text_free(&name);
}

static void add_region(const struct rsl_mix *m, enum rsl_region r, struct rsl_text *text) {
    char storage[RSL_STORAGE_TEXT];
    struct rsl_storage s = m->region[r], plain;
    if (!s.protection.kind) return;
    bool open = !s.encoding.kind;
    if (rsl_storage_parse(&plain, "f32") < 0) return;
    if (open) s.encoding = plain.encoding;
    if (same(&s, &plain) && (open || r != RSL_REGION_ZERO_POINTS)) return;
    const char *shown = rsl_storage_text(&s, storage);
    rsl_text_printf(text, "; %s=%s", rsl_region_name(r), open ? strchr(shown, '/') : shown);
}

void rsl_mix_text(const struct rsl_mix *m, struct rsl_text *text) {
    char storage[RSL_STORAGE_TEXT];
    int first = most_frequent(m);
    rsl_text_puts(text, rsl_storage_text(&m->each[first], storage));
    for (int k = 0; k < m->n; k++)
        if (!same(&m->each[k], &m->each[first])) add_layer(m, k, text);
    for (enum rsl_region r = RSL_REGION_SCALES; r < RSL_REGIONS; r++) add_region(m, r, text);
}
