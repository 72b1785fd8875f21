/* insight_page.h - what the sections of a corpus's report share.
 *
 * A page is the report in the making; without a document (brief, facts) the same words are made as
 * plain text.  Strings that functions return live in the page's arena. */
#ifndef REPORT_INSIGHT_PAGE_H
#define REPORT_INSIGHT_PAGE_H

#include "document.h"
#include "figures.h"
#include "insight_report.h"

/* Lists are cut after so many, with a line that says how many more there are. */
#define PAGE_MOST_ROWS 60

struct page {
	struct arena arena;
	const struct insight *in;
	const struct corpus *c;
	const struct insight_report_options *o; /* NULL in brief and facts */
	struct doc *doc;                        /* NULL in brief and facts */
	json_t *charts;                         /* charts/index.json or NULL */
	const char *picture;                    /* the chart of the first page; NULL none */
};

void page_init(struct page *p, const struct insight *in, const struct insight_report_options *o);
void page_release(struct page *p);

/* ---- sections, in the order of the report ---- */

void page_lead(struct page *p);
void page_summary(struct page *p);
void page_findings(struct page *p);
void page_recommend(struct page *p);
void page_risks(struct page *p);
void page_next(struct page *p);
void page_performance(struct page *p);
void page_alone(struct page *p); /* a part of performance */
void page_settings(struct page *p);
void page_told(struct page *p);
void page_runs(struct page *p);
void page_ingest(struct page *p);
void page_quality(struct page *p);
void page_definitions(struct page *p);
void page_workflow(struct page *p);
void page_reproduce(struct page *p);

/* The chart of that name where it was drawn; true if it was. */
bool page_chart(struct page *p, const char *name);

/* ---- words ---- */

#define page_fmt(p, ...) arena_fmt(&(p)->arena, __VA_ARGS__)
/* Text from outside. */
const char *page_quote(struct page *p, const char *text);
/* A text of the analysis, which may hold names from outside, as a sentence. */
const char *page_sentence(struct page *p, const char *text);
/* The same without a capital and a full stop. */
const char *page_clause(struct page *p, const char *text);
const char *page_count(struct page *p, uint64_t n, const char *singular);
/* "a, b and c" of quoted names, at most `most` of them: "a, b and 3 more". */
const char *page_names(struct page *p, const char *const *names, size_t n, size_t most);
/* "... and 40 more" below a table that was cut; nothing where it was not. */
void page_more(struct page *p, size_t shown, size_t all, const char *singular);
const char *page_subject(struct page *p, uint32_t subject); /* its name, quoted */
const char *page_file(struct page *p, uint32_t file);
/* "throughput": a quantity inside a sentence; a label whose letters are all capitals stays so. */
const char *page_noun(struct page *p, const char *quantity, const char *label);
/* Lower end of the interval as it is shown everywhere: from 0 on where no value is below 0. */
double page_low(const struct insight_stat *s);
double page_series_low(const struct insight_series *s);
/* Mean over warm rows with interval and unit. */
const char *page_mean(struct page *p, const struct insight_measure *m);
/* A mean beside which no interval stands: three digits at least. */
const char *page_lone_mean(struct page *p, const struct insight_stat *s);
/* The subject of which most rows failed; CORPUS_NONE. */
uint32_t page_most_failed(const struct page *p);
/* "57 % higher throughput than alpha (52 to 62)", "22 % lower TTFT than ...", "3.2 times the
 * throughput of ...": how far the better one is ahead. */
const char *page_gain(struct page *p, const struct insight_pair *pair);
/* The same behind the quantity: "57 % above alpha (52 to 62)", "3.2 times that of ...". */
const char *page_ahead(struct page *p, const struct insight_pair *pair);

/* Of a text from outside so many bytes, whole characters, and "..." where it was cut. */
const char *page_cut(struct page *p, const char *text, size_t most);
/* "0.693 ms (0.673 to 0.713)" of a series that is only told. */
const char *page_series_mean(struct page *p, const struct insight_series *s);
/* How far the best of its group is ahead of it: "5.5 times as fast as jit (5.1 to 5.9)"; of a rate
 * "1.9 times that of jit (...)". */
const char *page_series_ahead(struct page *p, const struct insight_series *s);

/* ---- rows behind a statement ---- */

struct behind {
	struct doc_place *place;
	size_t n;
	uint64_t rows;
	const char *noun; /* "row", "figure", "file" */
};
struct behind page_behind_subject(struct page *p, uint32_t subject);
struct behind page_behind_subjects(struct page *p, const uint32_t *subjects, size_t n);
struct behind page_behind_finding(struct page *p, const struct insight_finding *f);
struct behind page_behind_place(struct page *p, const struct corpus_place *place);
struct behind page_behind_series(struct page *p, const struct insight_series *s);
/* Number of it in the document; 0 without any. */
int page_evidence(struct page *p, const struct behind *b);

/* ---- who is best ---- */

/* Subjects that have a warm mean of the quantity, the best first; of equal ones the first in name.
 */
uint32_t *page_ranked(struct page *p, const char *quantity, size_t *n);

/* What the pairs of a quantity say of the best. */
struct contest {
	const char *quantity;
	uint32_t best;
	const struct insight_measure *of;
	uint32_t *tied; /* others that cannot be told from it */
	size_t ntied;
	uint32_t *beaten; /* that can, the nearest first */
	size_t nbeaten;
	const struct insight_pair *next, *last; /* against the nearest and the furthest of them;
						   NULL: none */
	bool same_prompts;                      /* in all of its pairs */
};
/* False where nothing was compared. */
bool page_contest(struct page *p, const char *quantity, struct contest *ret);
/* "gemma3:270m"; "gemma3:270m or gemma3:1b, which cannot be told apart,". */
const char *page_best_names(struct page *p, const struct contest *k);

/* Some answer was graded: there are values, and not only a column for them. */
bool page_has_score(const struct page *p);

/* Models of the first quantity that was compared, at most `most`, the best first and each once;
 * else the first that is named; 0 none. */
size_t page_models(struct page *p, const char **models, size_t most);
/* "chimera run --model a,b --num-ctx 4096 ...": one setting each.  `rest` is appended. */
const char *page_run_command(struct page *p, const char *const *models, size_t n, const char *rest);

/* The subject whose mean loads change most, with a measure of TTFT or latency; CORPUS_NONE. */
uint32_t page_most_loaded(struct page *p, const struct insight_measure **ret);

/* ---- sentences of the first page, used elsewhere ---- */

const char *page_what_was_read(struct page *p);
/* "10 of 46 rows of gemma3:latest paid for ..."; NULL where loads change nothing that is known. */
const char *page_load_sentence(struct page *p, struct behind *behind);
const char *page_failed_sentence(struct page *p, struct behind *behind);

/* ---- advice and risks, for the report and the narrator ---- */

struct advice {
	const char *title; /* "For throughput" */
	const char *lead;  /* of what to do: NULL "Setting:" */
	const char *setting, *gain, *cost, *not_when;
	const char *command;  /* to type; NULL */
	const char *plain;    /* the setting in a sentence without a figure */
	const char *figure;   /* the gain in figures; NULL */
	struct behind behind; /* n 0: none */
};
#define ADVICE_MOST 10
size_t page_advice(struct page *p, struct advice ret[ADVICE_MOST]);

struct risk {
	const char *what, *seen, *mitigation;
	const char *plain; /* both in a sentence without a figure */
	struct behind behind;
};
#define RISK_MOST 20
size_t page_risk_list(struct page *p, struct risk ret[RISK_MOST]);

/* Figures of reports by verdict. */
void page_told_counts(const struct insight *in, size_t counts[TOLD_FAILED + 1]);
/* Settings of which a sweep shows an effect that matters on a primary measure, or that are open;
 * names are borrowed. */
struct swept {
	size_t sweeps, refused;      /* analysed, and not */
	const char *shown, *open;    /* "num_ctx and temperature"; NULL none */
	const char *alias;           /* settings all of whose levels are one */
	const struct effect *effect; /* the strongest that is shown */
	const struct insight_sweep *of;
};
struct swept page_swept(struct page *p);
/* "4.9 % lower throughput at 8192 than at 1024 (4.0 to 5.8)"; of an effect that is shown. */
const char *page_effect_text(struct page *p, const struct effect *e);

#endif
