/* Commands: one file, one struct, one line in commands.def. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "option.h"

struct command {
    const char *name;    /* "eval", or "zoo build": two words where a family has several */
    const char *group;   /* heading in `resile help` */
    const char *summary; /* one line, no full stop */
    const char *about;   /* paragraphs separated by empty lines, or NULL */
    /* what for, command line; alternating, NULL after the last */
    const char *const *examples;
    const struct option *options;
    size_t size; /* of the struct that `run` gets */
    /* Returns an exit code. */
    int (*run)(const void *arguments);
};

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,       /* a file, a model, the machine */
    EXIT_USAGE = 2,        /* the command line */
    EXIT_UNMET = 3,        /* a requirement that the user stated */
    EXIT_INTERRUPTED = 130 /* Ctrl-C; what was promised to be saved is saved */
};

/* In the order of commands.def; NULL after the last. */
const struct command *command_at(int i);
/* The command that argv starts with, and in *words how many arguments its name takes; NULL when
 * none does. */
const struct command *command_find(int argc, char **argv, int *words);
/* Is `word` the first word of two-word commands? */
bool command_is_family(const char *word);

/* The command being run, for messages; NULL before it is known. */
extern const struct command *command_current;

/* Prints on stderr the command line that is running, quoted for a shell, with `more` (or NULL)
 * behind it unless it is there already, and without the option `without` (or NULL). */
void command_print_again(const char *more, const char *without);
/* The same line as a text, to be freed; NULL: out of memory. */
char *command_line(void);

#endif
