/* Help texts made from the command and option tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "command.h"

#include <stdio.h>

/* The ten lines for somebody who typed only "resile". */
void help_short(FILE *to);
/* All commands under their groups. */
void help_commands(FILE *to);
/* Usage, examples, options of one command. */
void help_command(FILE *to, const struct command *command);
/* The commands of a family ("zoo"). */
void help_family(FILE *to, const char *family);

/* What `resile help faults` prints. */
struct topic;
void help_topic(FILE *to, const struct topic *topic);

/* "resile eval MODEL --data NAME[:DIR] [options]" without newline. */
void help_usage(FILE *to, const struct command *command);
/* "--batch N", "-o, --output FILE" or "MODEL" into `text`. */
void help_option_name(char *text, size_t size, const struct option *option);
/* "; one of code, paper" where the option takes nothing else and its help is silent, or "". */
void help_option_words(char *text, size_t size, const struct option *option);
/* " (default 64, or $RESILE_THREADS)", or "". */
void help_option_default(char *text, size_t size, const struct option *option);

#endif
