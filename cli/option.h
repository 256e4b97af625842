/* Options: one table per command, from which come parsing, --help, man pages and completion.
 *
 *     struct eval { const char *model; int64_t batch; bool json; };
 *     static const struct option options[] = {
 *         {"MODEL", .type = OPTION_TEXT, .at = offsetof(struct eval, model), .operand = true, ...},
 *         {"batch", 'b', OPTION_INT, offsetof(struct eval, batch), "N", "images at a time", "64"},
 *         {0}};
 *
 * A command's struct is zeroed, filled with the presets, then from the command line, and what that
 * leaves open from the environment. Texts point into argv. Accepted forms: --batch 8, --batch=8, -b
 * 8, -b8, -- (ends the options), --no-json for flags; options and operands may mix. No
 * abbreviations: a script that works today works after an option was added. */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
    OPTION_FLAG,    /* bool */
    OPTION_INT,     /* int64_t; "10k", "1M", "2G" are powers of 1000 */
    OPTION_DOUBLE,  /* double; where it is at most 1 also "2%", which is 0.02 */
    OPTION_SECONDS, /* double; "90", "90s", "5m", "2h" */
    OPTION_TEXT,    /* const char * */
    OPTION_OUTPUT,  /* const char *: a file to write; "-" is the standard output */
    OPTION_CHOICE,  /* int: index of the word in `words` */
    OPTION_NUMBERS, /* struct numbers: doubles separated by commas */
    OPTION_SIZES,   /* struct sizes: positive integers separated by 'x' */
    OPTION_TEXTS,   /* struct texts: this operand and all that follow; "STORE..." */
};

enum { OPTION_LIST_MAX = 16, OPTION_TEXTS_MAX = 1024, OPTION_THREADS_MAX = 1024 };

struct numbers {
    int n;
    double at[OPTION_LIST_MAX];
};

struct sizes {
    int n;
    int64_t at[OPTION_LIST_MAX];
};

struct texts {
    int n;
    const char *at[OPTION_TEXTS_MAX];
};

/* What the shell offers behind an option or operand that has no list of words. */
enum option_complete { COMPLETE_NOTHING, COMPLETE_FILE, COMPLETE_FOLDER };

struct option {
    const char *name; /* "batch", or "MODEL" for an operand; NULL ends the table */
    char letter;      /* short form, or 0 */
    enum option_type type;
    size_t at;               /* offsetof in the command's struct */
    const char *value;       /* placeholder in help: "N" */
    const char *help;        /* one line, no full stop */
    const char *preset;      /* parsed like a value given by the user; NULL: zero */
    double min, max;         /* of INT and DOUBLE; both 0: no limits */
    const char *environment; /* variable that replaces the preset, or NULL */
    /* word i, NULL after the last. CHOICE: the legal values. TEXT: the legal values when
     * `closed`, else what completion offers. */
    const char *(*words)(int i);
    bool closed;
    size_t given; /* offsetof a bool that becomes true when the option is given; 0: there is none */
    bool operand; /* not --name VALUE but a bare argument, in the table's order */
    bool required; /* operands and options alike */
    enum option_complete complete;
};

/* Whole numbers: 64, -3, 10k, 1.5M, 1e6. Exact for every int64_t written out in digits. */
bool option_whole_number(const char *text, int64_t *value);

/* Fills `target` (size bytes) from argv[0..argc), which follow the command's name. Returns 0;
 * 1 when --help was given; -1 on a wrong command line, after complaining. */
int option_parse(const struct option *options, void *target, size_t size, int argc, char **argv);

/* Entries that several commands have, always under the same name. */
#define OPTION_JSON(owner, field) \
    { "json", .type = OPTION_FLAG, .at = offsetof(owner, field), .help = "print JSON" }
#define OPTION_QUIET(owner, field) \
    { "quiet", 'q', OPTION_FLAG, offsetof(owner, field), .help = "no progress on stderr" }
#define OPTION_THREADS(owner, field)                                                              \
    {                                                                                             \
        "threads", 't', OPTION_INT, offsetof(owner, field), "T", "0: as many as processors", "0", \
            .max = OPTION_THREADS_MAX, .environment = "RESILE_THREADS"                            \
    }
#define OPTION_SEED(owner, field, of) \
    { "seed", 's', OPTION_INT, offsetof(owner, field), "S", of, "0", .max = 9.2e18 }
#define OPTION_REFERENCE(owner, field)                                  \
    {                                                                   \
        "reference", .type = OPTION_FLAG, .at = offsetof(owner, field), \
                     .help = "plain C kernels, obvious and slow"        \
    }
#define OPTION_EXACT(owner, field)                                  \
    {                                                               \
        "exact", .type = OPTION_FLAG, .at = offsetof(owner, field), \
                 .help = "no folding of batch normalization"        \
    }

#define OPTION_IMAGES(owner, field)                                                              \
    {                                                                                            \
        "images", 'n', OPTION_INT, offsetof(owner, field), "N", "only the first N; 0: all", "0", \
            .max = 1e12                                                                          \
    }
#define OPTION_REGIONS(owner, field)                                                              \
    {                                                                                             \
        "regions", 0, OPTION_TEXT, offsetof(owner, field), "R,R",                                 \
            "weights, scales, zero_points, biases, norms: what faults strike (default: weights)", \
            .preset = NULL                                                                        \
    }
#define OPTION_CONFIDENCE(owner, field)                                                          \
    {                                                                                            \
        "confidence", 0, OPTION_DOUBLE, offsetof(owner, field), "C", "of all intervals", "0.95", \
            .min = 0.01, .max = 0.999999                                                         \
    }

/* Options that every command has, in the same form. */
extern const struct option option_common[];

#endif
