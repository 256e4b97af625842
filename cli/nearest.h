/* The word that a typo probably meant. */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b (optimal string
 * alignment). Words longer than 63 bytes count as entirely different. */
int edit_distance(const char *a, const char *b);

struct nearest {
    const char *typed;
    const char *best; /* NULL: nothing is near enough */
    int distance;
};

void nearest_try(struct nearest *n, const char *candidate);

#endif
