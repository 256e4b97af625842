/* Lists of names that the library offers, in the form that option tables take. */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

/* Name i, NULL after the last. */
const char *name_of_arch(int i);
const char *name_of_dataset(int i);
const char *name_of_split(int i);
const char *name_of_recipe(int i);

#endif
