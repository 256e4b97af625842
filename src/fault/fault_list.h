/* Fault lists: faults as a file, in the form in which they are published (dnn-benchmarks of
 * Politecnico di Torino), so that exactly the same faults can be replayed elsewhere. CSV:
 *
 *   1. The first line is "Injection,Layer,TensorIndex,Bit", maybe followed by ",Effect", by ",As"
 *      and then by any other columns, which are kept and otherwise ignored. Lines end in LF or in
 *      CR and LF.
 *   2. Injection: a whole number. Lines with the same number are one trial; trials are numbered 0,
 *      1, ... in ascending order of these numbers.
 *   3. Layer: see rsl_layer_find; or an activation, "outputs:NODE" or "inputs:NODE:VALUE", whose
 *      TensorIndex is (channel, row, column) and whose Bit is one of the form that it is struck in;
 *      in quotes when it contains a comma or a quote (doubled) or begins or ends with a blank.
 *   4. TensorIndex: "(3, 0, 2, 1)" in quotes, one number per dimension; "(3,)" for one.
 *   5. Bit: 0 is the least significant bit of the code; redundant bits follow the code's. Check
 *      bits that weights share (secded) are W to W + 7 of the first weight that has bits in the
 *      group.
 *   6. Effect: flip, stuck0 or stuck1; without the column all are flips.
 *   7. As: the form in which an activation is struck, f32, bf16 or int8, the same for all of the
 *      list; nothing for tensors. Without the column it is what `as=` says.
 *
 * What is read in this form is written back byte for byte. Also read are spellings that can only
 * mean the same, as programs and spreadsheets write CSV (base/csv.h): columns in any order, found
 * by their names in any case, with blanks, '_' or '-' in them; any field in quotes, blanks around
 * it; a byte order mark, empty lines; indices with other blanks, square brackets, or without the
 * comma of a single number. Everything else is refused, and so is a column that is there twice. */
#ifndef RSL_FAULT_FAULT_LIST_H
#define RSL_FAULT_FAULT_LIST_H

#include "base/arena.h"
#include "base/map.h"
#include "base/text.h"
#include "fault/site.h"

struct rsl_list_row {
    int64_t injection;
    size_t index;      /* of `indices`: `rank` numbers from there */
    size_t line;       /* of the file */
    const char *extra; /* the further columns with their comma; "" without */
    int layer;         /* of `layers` */
    enum rsl_effect effect;
    uint8_t bit, rank, as; /* as: 1 + enum rsl_site_form; 0: not said */
};

struct rsl_fault_list {
    struct rsl_arena arena;
    const char *extra_header; /* as `extra` */
    bool effects, forms;      /* has the columns Effect, As */
    bool crlf, unfinished;    /* unfinished: no line end after the last line */
    struct {
        struct rsl_list_row *at;
        size_t n, cap;
    } rows;
    struct {
        const char **at;
        size_t n, cap;
    } layers; /* each text once */
    struct {
        int64_t *at;
        size_t n, cap;
    } indices;
    struct rsl_map layer_numbers;
};

/* An empty list with no further columns. */
void rsl_fault_list_init(struct rsl_fault_list *l);
void rsl_fault_list_free(struct rsl_fault_list *l);

/* From the bytes of a file; `name` is put before messages, which name the line. */
int rsl_fault_list_parse(struct rsl_fault_list *l, const void *data, size_t size, const char *name);
int rsl_fault_list_read(struct rsl_fault_list *l, const char *path);

/* Appends one trial's faults. Lists with further columns take none. Stuck-at faults add the column
 * Effect. */
int rsl_fault_list_add(struct rsl_fault_list *l, const struct rsl_memory *image, int64_t injection,
                       const struct rsl_faults *faults);

/* Appends an activation's bits that are hit; `layer` as in 3. above. It cannot be a value that
 * the activation becomes. Forms other than f32 add the column As. */
int rsl_fault_list_add_hit(struct rsl_fault_list *l, int64_t injection, const char *layer,
                           enum rsl_site_form form, const struct rsl_site *site,
                           const struct rsl_hit *hit);
/* Takes the rows out, so that a long list can be written part by part. */
void rsl_fault_list_clear(struct rsl_fault_list *l);

/* Whether a row's layer is an activation, not a tensor of the memory. */
bool rsl_fault_list_is_site(const char *layer);

/* Which element of which tensor and which of its bits stand at the address, in the list's terms: 5.
 * above. */
void rsl_fault_place(const struct rsl_memory *image, int64_t address, int *tensor, int64_t *element,
                     int *bit);

/* The file's bytes; see text->status. They are the heading without its end of line, the rows, each
 * with an end of line before it, and the last end of line. */
void rsl_fault_list_print(const struct rsl_fault_list *l, struct rsl_text *text);
void rsl_fault_list_print_heading(const struct rsl_fault_list *l, struct rsl_text *text);
void rsl_fault_list_print_rows(const struct rsl_fault_list *l, struct rsl_text *text);
int rsl_fault_list_write(const struct rsl_fault_list *l, const char *path);

/* Address and effect of every row, in the rows' order; `faults` has rows.n. The address of an
 * activation is RSL_ABSENT. Refuses, by line, what the image does not have. */
int rsl_fault_list_resolve(const struct rsl_fault_list *l, const struct rsl_memory *image,
                           struct rsl_fault *faults, const char *name);

#endif
