/* Manual pages in scdoc's source form, made from the command and option tables. */
#ifndef CLI_MAN_H
#define CLI_MAN_H

/* Page of a command or family ("eval", "zoo"), of the program ("resile"); with NULL the names of
 * all pages, one a line. Returns an exit code. */
int man_print(const char *page);

#endif
