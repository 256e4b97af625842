/* Pickle, parsed and never executed: a tiny stack machine that turns a pickle into a tree of plain
 * values and knows only the opcodes that checkpoints need.
 *
 * Nothing is imported or called. A class or function is its name (GLOBAL); calling it (REDUCE,
 * NEWOBJ, ...) merely yields a CALL value, which says who would have been called with what and what
 * state BUILD would have set, for the caller to interpret or to leave alone.
 * collections.OrderedDict becomes a dict and so does an object that takes items by key, as
 * subclasses of dict do; a set becomes a list. Opcodes outside the table are refused by name and
 * byte.
 *
 * Hostile input: the machine loops once over the bytes and does not recurse; memory is at most
 * proportional to the file, as values, stack and memo are (rsl_pickle_limit). Values may be shared
 * or even contain themselves (memo), so whoever walks the tree bounds the walk. */
#ifndef RSL_IO_PICKLE_H
#define RSL_IO_PICKLE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Any file may have so many values, a large one more: in a long list a number takes two bytes. */
enum { RSL_PICKLE_FREE = 1 << 20 };
static inline size_t rsl_pickle_limit(size_t file_size) {
    return RSL_PICKLE_FREE + file_size / 2;
}

enum rsl_pickle_kind {
    RSL_PICKLE_NONE,
    RSL_PICKLE_BOOL,
    RSL_PICKLE_INT,
    RSL_PICKLE_BIG_INT, /* beyond int64_t; kept as its bytes */
    RSL_PICKLE_FLOAT,
    RSL_PICKLE_TEXT,
    RSL_PICKLE_BYTES,
    RSL_PICKLE_TUPLE,
    RSL_PICKLE_LIST,
    RSL_PICKLE_DICT,
    RSL_PICKLE_GLOBAL,
    RSL_PICKLE_CALL,
    RSL_PICKLE_PERSISTENT
};

struct rsl_pickle_value {
    enum rsl_pickle_kind kind;
    unsigned char mark; /* 0; for whoever walks the tree, to enter each value once */
    union {
        int64_t i; /* BOOL, INT */
        double f;
        struct {
            const char *at; /* zero-terminated, may hold zeros */
            size_t n;
        } text; /* TEXT, BYTES, BIG_INT */
        struct {
            struct rsl_pickle_value **at;
            size_t n, cap;
        } items; /* TUPLE, LIST; DICT: keys and values by turns */
        struct {
            const char *module, *name;
        } global;
        struct {
            struct rsl_pickle_value *callee, *args; /* mostly a GLOBAL; a TUPLE */
            struct rsl_pickle_value *state;         /* or NULL */
        } call;
        struct rsl_pickle_value *id; /* PERSISTENT */
    };
};

struct rsl_pickle {
    struct rsl_pickle_value *root;
    struct rsl_pickle_value **persistent; /* all PERSISTENT values, in the order they came */
    size_t n_persistent;
    size_t used; /* bytes up to and including STOP */
};

/* Parses the pickle that `data` starts with; everything found lives in the arena. `file_size`: of
 * the file, which is smaller than what it unpacks to. */
int rsl_pickle_parse(struct rsl_pickle *p, struct rsl_arena *arena, const uint8_t *data,
                     size_t size, size_t file_size);

/* True for a text without zeros inside. */
bool rsl_pickle_is_text(const struct rsl_pickle_value *v);
/* True for the global module.name. */
bool rsl_pickle_is(const struct rsl_pickle_value *v, const char *module, const char *name);
/* The value of a key that is this text, or these bytes, or NULL. */
struct rsl_pickle_value *rsl_pickle_get(const struct rsl_pickle_value *dict, const char *key);

#endif
