/* What the files of the pickle reader share: pickle.c (the loop, the result), pickle_machine.c (the
 * stack and the values on it), and the opcodes of pickle_opcodes.def in pickle_constant.c,
 * pickle_container.c and pickle_object.c. */
#ifndef RSL_IO_PICKLE_MACHINE_H
#define RSL_IO_PICKLE_MACHINE_H

#include "base/status.h"
#include "io/pickle.h"

typedef struct rsl_pickle_value value; /* in these files only */

struct rsl_pickle_machine {
    struct rsl_arena *arena;
    const uint8_t *data;
    size_t size, at;
    size_t start;             /* of the current opcode */
    size_t limit;             /* to values, stack, marks and memo */
    size_t n_values, n_items; /* made so far; copied into containers so far */
    bool stopped;
    struct {
        value **at;
        size_t n, cap;
    } stack, memo, persistent;
    struct {
        size_t *at; /* heights of the stack */
        size_t n, cap;
    } marks;
};

#define malformed(...) rsl_fail(RSL_EFORMAT, __VA_ARGS__)

/* ---- arguments, from the bytes ---- */

int rsl_pickle_take(struct rsl_pickle_machine *m, uint64_t n, const uint8_t **bytes);
/* Of n bytes, up to 8. */
uint64_t rsl_pickle_little_endian(const uint8_t *bytes, size_t n);
int rsl_pickle_take_uint(struct rsl_pickle_machine *m, size_t n, uint64_t *v);
/* Up to the next newline, which is taken too. */
int rsl_pickle_take_line(struct rsl_pickle_machine *m, const char **line, size_t *n);

/* ---- the stack ---- */

int rsl_pickle_push(struct rsl_pickle_machine *m, value *v);
/* Of the part of the stack above the last mark. */
size_t rsl_pickle_height(const struct rsl_pickle_machine *m);
int rsl_pickle_pop(struct rsl_pickle_machine *m, value **v);
int rsl_pickle_top(struct rsl_pickle_machine *m, value **v);
/* The values above the last mark, which is removed; valid until the next push. */
int rsl_pickle_pop_mark(struct rsl_pickle_machine *m, value ***items, size_t *n);

/* ---- values ---- */

/* One value, all zero but for its kind. */
int rsl_pickle_make(struct rsl_pickle_machine *m, enum rsl_pickle_kind kind, value **v);
int rsl_pickle_push_text(struct rsl_pickle_machine *m, enum rsl_pickle_kind kind, const void *bytes,
                         size_t n);
int rsl_pickle_push_items(struct rsl_pickle_machine *m, enum rsl_pickle_kind kind,
                          value *const *items, size_t n);
/* To a list, tuple or dict. */
int rsl_pickle_append(struct rsl_pickle_machine *m, value *v, value *const *items, size_t n);

/* ---- opcodes: each gets the byte it was found under ---- */

#define OPCODE(code, name, run) int rsl_pickle_op_##run(struct rsl_pickle_machine *m, int op);
#define REFUSED(code, name)
#include "io/pickle_opcodes.def"
#undef OPCODE
#undef REFUSED

#endif
