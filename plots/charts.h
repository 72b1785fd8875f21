/* charts.h - RUN/charts from RUN/summary.json and RUN/runs.csv, drawn by gnuplot.
 *
 * For each chart: NAME.dat (the numbers), NAME.gp (a script that can be edited and run again in
 * that folder: `gnuplot NAME.gp`), NAME.svg and NAME.png, and an entry in index.json {name, title,
 * alt, caption, n}. */
#ifndef PLOTS_CHARTS_H
#define PLOTS_CHARTS_H

#include "err.h"

/* Draws all charts that the data support.  Without gnuplot the .gp and .dat files are still written
 * and ERR_ENV says so (hint: install gnuplot); the same where gnuplot fails, with its first
 * message. */
int charts_draw(const char *dir, struct err *e);

#endif
