/* See help.h. */
#include "help.h"

#include "topics.h"

#include <string.h>

void help_usage(FILE *to, const struct command *command) {
    bool optional = false;
    fprintf(to, "resile %s", command->name);
    for (const struct option *o = command->options; o->name; o++)
        if (o->operand) fprintf(to, o->required ? " %s" : " [%s]", o->name);
    for (const struct option *o = command->options; o->name; o++) {
        if (o->operand) continue;
        if (o->required)
            fprintf(to, " --%s %s", o->name, o->value);
        else
            optional = true;
    }
    if (optional) fputs(" [options]", to);
}

void help_option_name(char *text, size_t size, const struct option *option) {
    const char *value = option->value ? option->value : "";
    if (option->operand)
        snprintf(text, size, "%s", option->name);
    else if (option->letter)
        snprintf(text, size, "-%c, --%s %s", option->letter, option->name, value);
    else
        snprintf(text, size, "    --%s %s", option->name, value);
    size_t n = strlen(text);
    if (n && text[n - 1] == ' ') text[n - 1] = '\0';
}

void help_option_default(char *text, size_t size, const struct option *option) {
    if (option->preset && option->environment)
        snprintf(text, size, " (default: $%s, else %s)", option->environment, option->preset);
    else if (option->preset)
        snprintf(text, size, " (default: %s)", option->preset);
    else if (option->environment)
        snprintf(text, size, " (default: $%s)", option->environment);
    else
        text[0] = '\0';
}

void help_option_words(char *text, size_t size, const struct option *option) {
    bool closed = option->words && (option->closed || option->type == OPTION_CHOICE);
    bool told = true; /* in the option's help */
    size_t n = 0;
    text[0] = '\0';
    for (int i = 0; closed && option->words(i); i++) {
        told = told && strstr(option->help, option->words(i));
        if (n < size)
            n += (size_t)snprintf(text + n, size - n, "%s%s", i ? ", " : "; one of ",
                                  option->words(i));
    }
    if (told || n >= size) text[0] = '\0';
}

/* Prints `text` broken at spaces so that lines stay within 80 columns, each behind `indent`. */
static void wrapped(FILE *to, const char *text, int indent, int at) {
    const int width = 80;
    while (*text) {
        size_t word = strcspn(text, " \n");
        if (at > indent && at + 1 + (int)word > width) {
            fprintf(to, "\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            fputc(' ', to);
            at++;
        }
        fprintf(to, "%.*s", (int)word, text);
        at += (int)word;
        text += word;
        if (text[0] == '\n' && text[1] == '\n') {
            fprintf(to, "\n\n%*s", indent, "");
            at = indent;
        }
        text += strspn(text, " \n");
    }
    fputc('\n', to);
}

static void option_lines(FILE *to, const struct option *options) {
    const int column = 28;
    char name[120], preset[120], words[100], help[500];
    for (const struct option *o = options; o->name; o++) {
        help_option_name(name, sizeof name, o);
        help_option_default(preset, sizeof preset, o);
        help_option_words(words, sizeof words, o);
        snprintf(help, sizeof help, "%s%s%s", o->help, words, preset);
        int n = fprintf(to, "  %s", name);
        if (n > column - 2) {
            fputc('\n', to);
            n = 0;
        }
        fprintf(to, "%*s", column - n, "");
        wrapped(to, help, column, column);
    }
}

void help_command(FILE *to, const struct command *command) {
    fputs("Usage: ", to);
    help_usage(to, command);
    fprintf(to, "\n\n%s.\n", command->summary);
    if (command->examples && command->examples[0]) fputs("\nExamples:\n", to);
    for (const char *const *e = command->examples; e && e[0]; e += 2)
        fprintf(to, "  # %s\n  %s\n", e[0], e[1]);
    fputs("\nOptions:\n", to);
    option_lines(to, command->options);
    option_lines(to, option_common);
    if (command->about) {
        fputc('\n', to);
        wrapped(to, command->about, 0, 0);
    }
}

void help_family(FILE *to, const char *family) {
    size_t n = strlen(family);
    const struct command *c;
    fprintf(to, "Usage: resile %s COMMAND [options]\n\n", family);
    for (int i = 0; (c = command_at(i)) != NULL; i++)
        if (!strncmp(c->name, family, n) && c->name[n] == ' ')
            fprintf(to, "  %-16s  %s\n", c->name, c->summary);
    fprintf(to, "\n'resile %s COMMAND --help' tells more.\n", family);
}

void help_topic(FILE *to, const struct topic *topic) {
    const int column = 28;
    struct topic_item item;
    fprintf(to, "%s.\n\n", topic->summary);
    wrapped(to, topic->about, 0, 0);
    for (int k = 0; k < TOPIC_LISTS && topic->lists[k].heading; k++) {
        fprintf(to, "\n%s:\n", topic->lists[k].heading);
        for (int i = 0; topic->lists[k].item(i, &item); i++) {
            int n = fprintf(to, "  %s", item.form);
            if (n > column - 2) {
                fputc('\n', to);
                n = 0;
            }
            fprintf(to, "%*s", column - n, "");
            wrapped(to, item.about, column, column);
        }
    }
}

void help_commands(FILE *to) {
    const struct command *c, *other;
    fputs(
        "Usage: resile COMMAND [options] [file]\n\n"
        "Measures what bit errors do to neural networks.\n",
        to);
    for (int i = 0; (c = command_at(i)) != NULL; i++) {
        bool seen = false;
        for (int j = 0; j < i; j++) seen = seen || !strcmp(command_at(j)->group, c->group);
        if (seen) continue;
        fprintf(to, "\n%s:\n", c->group);
        for (int j = i; (other = command_at(j)) != NULL; j++)
            if (!strcmp(other->group, c->group))
                fprintf(to, "  %-16s  %s\n", other->name, other->summary);
    }
    fputs("\nTopics, for `resile help TOPIC`:\n", to);
    const struct topic *topic;
    for (int i = 0; (topic = topic_at(i)) != NULL; i++)
        fprintf(to, "  %-16s  %s\n", topic->name, topic->summary);
    fputs(
        "\nExit codes: 0 done, 1 failed, 2 wrong command line, 3 a stated requirement is not met,\n"
        "130 interrupted.\n\n'resile help COMMAND' tells more.\n",
        to);
}

void help_short(FILE *to) {
    fputs(
        "resile measures what bit errors do to neural networks.\n\n"
        "Usage: resile COMMAND [options] [file]\n\n"
        "  resile zoo build cnn-small -o cnn.onnx      write a network with fresh weights\n"
        "  resile eval cnn.onnx --data synth-signs     its accuracy and speed\n\n"
        "  resile help                                 all commands\n"
        "  resile help COMMAND                         one command: examples, options\n",
        to);
}
