/* completion.h - completions for shells, made of the commands' own option tables. */
#ifndef CMD_COMPLETION_H
#define CMD_COMPLETION_H

#include "command.h"
#include "str.h"

void completion_bash(struct str *out);
void completion_zsh(struct str *out);

/* ---- what both are made of ---- */

enum completion_kind { COMPLETE_NOTHING, COMPLETE_WORDS, COMPLETE_FILES, COMPLETE_FOLDERS };

/* What may stand as the value of an option; *words (to be freed) are given for COMPLETE_WORDS. */
enum completion_kind completion_value(const struct opt *opt, char **words);
/* What may stand as an operand of a command. */
enum completion_kind completion_operand(const struct command *c, char **words);
/* The first of that name in its table: the one that parsing takes. */
bool completion_is_first(const struct opt *table, const struct opt *opt);

#endif
