/* again.h - what analyze, plot and report share: a run directory in, stages of the pipeline run. */
#ifndef CMD_AGAIN_H
#define CMD_AGAIN_H

#include "command.h"

const struct opt *again_options(void);
int again(const struct command *self, int argc, char **argv, unsigned stages);

#endif
