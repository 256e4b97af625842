/* What the program says on stderr. Every sentence starts with "resile <command>: ". */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

/* One sentence without its full stop. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The command line is wrong: complains, points to the help, returns EXIT_USAGE. */
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A call of the library failed: its sentence, or "interrupted"; returns the fitting exit code. */
int library_error(int status);

/* Makes the library's warnings and notes appear here too. */
void show_library_log(void);

#endif
