/* The word that a typo probably meant. */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

struct nearest {
    const char *typed;
    const char *best; /* NULL: nothing is near enough */
    int distance;
};

void nearest_try(struct nearest *n, const char *candidate);

#endif
