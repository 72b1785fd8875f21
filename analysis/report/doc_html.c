/* doc_html.c - a document as one HTML file: no other files, charts inline.
 *
 * One script makes tables sort; the page is complete without it, and its policy lets no other run.
 * Each chart is a data: URI of its own, since inline SVGs of gnuplot share ids and would clash. The
 * file stays below 3 MB: a chart whose SVG is large goes in as PNG, one that no longer fits at all
 * is named. */
#include "doc_internal.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "fsx.h"
#include "hash.h"

#define SVG_MAX      ((size_t)500 << 10)
#define PICTURES_MAX ((size_t)2400 << 10) /* of base64, all together */
#define WIDE_COLUMNS 5 /* from which a table scrolls rather than squeezes its text */
#define PAGE_MAX     ((size_t)3 << 20)
#define PICTURE_MAX  ((size_t)16 << 20)
#define SORT_FROM    3 /* rows of a table from which sorting it is of use */

static void add_text(struct str *out, const char *text)
{
	for (const char *s = text; *s; s++) {
		switch (*s) {
		case DOC_OPEN:
		case DOC_CLOSE:
			break;
		case ' ': /* "57 %" is not broken */
			str_add(out,
				s[1] == '%' && s > text && s[-1] >= '0' && s[-1] <= '9' ? "\xc2\xa0"
											: " ");
			break;
		case '&':
			str_add(out, "&amp;");
			break;
		case '<':
			str_add(out, "&lt;");
			break;
		case '>':
			str_add(out, "&gt;");
			break;
		case '"':
			str_add(out, "&quot;");
			break;
		case '\'':
			str_add(out, "&#39;");
			break;
		default:
			str_addc(out, *s);
		}
	}
}

/* Letters that are written from the right, U+0590 to U+08FF and U+FB1D to U+FEFC, before the end of
 * the text that is from outside. */
static bool has_right_to_left(const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s && *s != DOC_CLOSE; s++)
		if ((*s >= 0xd6 && *s <= 0xdf) || (*s == 0xe0 && s[1] >= 0xa0 && s[1] <= 0xa3) ||
			(*s == 0xef && s[1] >= 0xac && s[1] <= 0xbb))
			return true;
	return false;
}

/* As add_text, where elements may stand: a name that is written from the right does not take the
 * figures behind it along. */
static void add_words(struct str *out, const char *text)
{
	while (*text) {
		size_t before = strcspn(text, (const char[]){DOC_OPEN, '\0'});
		const char *close = strchr(text + before, DOC_CLOSE);
		char *part;

		if (!close || !has_right_to_left(text + before)) {
			before += text[before] != '\0';
			part = xstrndup(text, before);
			add_text(out, part);
			text += before;
		} else {
			part = xstrndup(text, (size_t)(close - text));
			part[before] = '\0';
			add_text(out, part);
			str_add(out, "<bdi>");
			add_text(out, part + before + 1);
			str_add(out, "</bdi>");
			text = close + 1;
		}
		free(part);
	}
}

/* Of an attribute or a title. */
static void add_plain(struct str *out, const char *open, const char *text, const char *close)
{
	str_add(out, open);
	add_text(out, text);
	str_add(out, close);
}

static void add_element(struct str *out, const char *open, const char *text, const char *close)
{
	str_add(out, open);
	add_words(out, text);
	str_add(out, close);
}

static void add_evidence(struct str *out, int number)
{
	if (number)
		str_addf(out, "<sup><a href=\"#e%d\" aria-label=\"evidence %d\">%d</a></sup>",
			number, number, number);
}

/* ---- pictures ---- */

static void add_base64(struct str *out, const char *data, size_t len)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *b = (const unsigned char *)data;

	for (size_t i = 0; i < len; i += 3) {
		unsigned v = (unsigned)b[i] << 16 | (i + 1 < len ? (unsigned)b[i + 1] << 8 : 0) |
			(i + 2 < len ? b[i + 2] : 0u);
		char four[4] = {digit[v >> 18], digit[v >> 12 & 63],
			i + 1 < len ? digit[v >> 6 & 63] : '=', i + 2 < len ? digit[v & 63] : '='};

		str_addn(out, four, 4);
	}
}

static unsigned digit_of(char hex)
{
	return (unsigned)(hex <= '9' ? hex - '0' : hex - 'a' + 10);
}

static bool read_picture(const struct block *b, const char *ext, size_t max, struct str *ret)
{
	char *path = xasprintf("%s/%s.%s", b->dir, b->name, ext);
	int failed = fsx_read(path, max, ret, NULL);

	free(path);
	if (failed || ret->len == 0)
		str_reset(ret);
	return ret->len > 0;
}

/* What the picture takes goes off *room; false if it is not there or too large. */
static bool add_picture(struct str *out, const struct block *b, size_t *room)
{
	struct str data = STR_INIT(PICTURE_MAX);
	const char *type = "image/svg+xml";
	bool fits;

	if (!read_picture(b, "svg", SVG_MAX < *room / 4 * 3 ? SVG_MAX : *room / 4 * 3, &data)) {
		type = "image/png";
		read_picture(b, "png", *room / 4 * 3, &data);
	}
	fits = data.len > 0;
	if (fits) {
		*room -= (data.len + 2) / 3 * 4;
		add_plain(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"",
			b->lead, "\">\n");
		str_addf(out, "<img src=\"data:%s;base64,", type);
		add_base64(out, data.s, data.len);
		add_plain(out, "\" alt=\"", b->alt, "\">\n</div>\n");
	}
	str_release(&data);
	return fits;
}

static void add_figure(struct str *out, const struct block *b, size_t *room)
{
	str_addf(out, "<figure id=\"%s\">\n", b->name);
	if (!add_picture(out, b, room))
		str_addf(out, "<p>The picture is in <code>charts/%s.png</code>.</p>\n", b->name);
	add_element(out, "<figcaption><b>", b->lead, ".</b> ");
	add_element(out, "", b->text, "</figcaption>\n</figure>\n");
}

/* ---- blocks ---- */

static void add_table(struct str *out, const struct block *b)
{
	static const char *const side[] = {[DOC_LEFT] = "", [DOC_RIGHT] = " class=\"r\""};

	/* The box scrolls, not the page; it can be reached by the keyboard. */
	add_plain(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"",
		b->text, "\">\n");
	str_add(out, b->ncols >= WIDE_COLUMNS ? "<table class=\"wide\">\n" : "<table>\n");
	add_element(out, "<caption><span>", b->text, "</span></caption>\n<thead><tr>");
	for (size_t i = 0; i < b->ncols; i++) {
		str_addf(out, "<th scope=\"col\"%s>", side[b->align[i]]);
		add_element(out, "", b->head[i], "</th>");
	}
	str_add(out, "</tr></thead>\n<tbody>\n");
	for (size_t r = 0; r < b->rows.n; r++) {
		str_add(out, "<tr>");
		for (size_t i = 0; i < b->ncols; i++) {
			str_addf(out, "<td%s>", side[b->align[i]]);
			add_words(out, b->rows.v[r].cell[i]);
			if (i == 0)
				add_evidence(out, b->rows.v[r].evidence);
			str_add(out, "</td>");
		}
		str_add(out, "</tr>\n");
	}
	str_add(out, "</tbody>\n</table>\n</div>\n");
}

static void add_item(struct str *out, const struct block *b)
{
	str_add(out, "<li>");
	if (b->lead)
		add_element(out, "<b>", b->lead, "</b> ");
	add_words(out, b->text);
	add_evidence(out, b->evidence);
	str_add(out, "</li>\n");
}

static void add_block(struct str *out, const struct block *b, size_t *room)
{
	switch (b->kind) {
	case BLOCK_SECTION:
		str_addf(out, "<section id=\"%s\">\n", b->id);
		add_element(out, "<h2>", b->text, "</h2>\n");
		break;
	case BLOCK_SUBSECTION:
		add_element(out, "<h3>", b->text, "</h3>\n");
		break;
	case BLOCK_PARA:
		add_element(out, "<p>", b->text, "");
		add_evidence(out, b->evidence);
		str_add(out, "</p>\n");
		break;
	case BLOCK_NOTE:
		add_element(out, "<p class=\"note\">", b->text, "</p>\n");
		break;
	case BLOCK_CODE:
		add_element(out, "<pre tabindex=\"0\"><code>", b->text, "</code></pre>\n");
		break;
	case BLOCK_ITEM:
		add_item(out, b);
		break;
	case BLOCK_TABLE:
		add_table(out, b);
		break;
	case BLOCK_FIGURE:
		add_figure(out, b, room);
		break;
	}
}

/* ---- the page ---- */

static void add_contents(struct str *out, const struct doc *d)
{
	str_add(out, "<nav aria-label=\"Contents\">\n<ul>\n");
	for (size_t i = 0; i < d->blocks.n; i++) {
		if (d->blocks.v[i].kind != BLOCK_SECTION)
			continue;
		str_addf(out, "<li><a href=\"#%s\">", d->blocks.v[i].id);
		add_element(out, "", d->blocks.v[i].text, "</a></li>\n");
	}
	if (d->evidence.n)
		str_add(out, "<li><a href=\"#evidence\">Evidence</a></li>\n");
	str_add(out, "</ul>\n</nav>\n");
}

static void add_blocks(struct str *out, const struct doc *d, size_t room)
{
	bool in_list = false, in_section = false;

	for (size_t i = 0; i < d->blocks.n; i++) {
		const struct block *b = &d->blocks.v[i];

		if (in_list != (b->kind == BLOCK_ITEM)) {
			str_add(out, in_list ? "</ul>\n" : "<ul>\n");
			in_list = !in_list;
		}
		if (b->kind == BLOCK_SECTION) {
			str_add(out, in_section ? "</section>\n" : "");
			in_section = true;
		}
		add_block(out, b, &room);
	}
	str_add(out, in_list ? "</ul>\n" : "");
	str_add(out, in_section ? "</section>\n" : "");
}

static void add_evidence_list(struct str *out, const struct doc *d)
{
	if (!d->evidence.n)
		return;
	str_add(out, "<section id=\"evidence\">\n<h2>Evidence</h2>\n");
	add_element(out, "<p>", d->intro, "</p>\n<ol>\n");
	for (size_t i = 0; i < d->evidence.n; i++) {
		struct str text = STR_INIT(STR_MAX_LINE);

		doc_evidence_text(&text, &d->evidence.v[i]);
		str_addf(out, "<li id=\"e%zu\">", i + 1);
		add_element(out, "", text.s, "</li>\n");
		str_release(&text);
	}
	str_add(out, "</ol>\n</section>\n");
}

/* Tables with rows to be put in another order. */
static bool has_sorting(const struct doc *d)
{
	for (size_t i = 0; i < d->blocks.n; i++)
		if (d->blocks.v[i].kind == BLOCK_TABLE && d->blocks.v[i].rows.n >= SORT_FROM)
			return true;
	return false;
}

/* No script but ours may run: it is named by its hash. */
static void add_policy(struct str *out, bool script)
{
	char hex[HASH_SHA_TEXT], hash[32];

	str_add(out,
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"img-src data:; style-src 'unsafe-inline'");
	if (script) {
		hash_sha256(hex, doc_script, strlen(doc_script));
		for (size_t i = 0; i < sizeof(hash); i++)
			hash[i] = (char)(digit_of(hex[2 * i]) << 4 | digit_of(hex[2 * i + 1]));
		str_add(out, "; script-src 'sha256-");
		add_base64(out, hash, sizeof(hash));
		str_add(out, "'");
	}
	str_add(out, "\">\n");
}

static void write_page(struct str *out, const struct doc *d, size_t room)
{
	bool script = has_sorting(d);

	str_add(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
	add_policy(out, script);
	str_add(out, "<meta name=\"color-scheme\" content=\"light dark\">\n");
	add_plain(out, "<title>", d->title, "</title>\n");
	str_addf(out, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", doc_style);
	if (d->stamp)
		add_element(out, "<p class=\"stamp\">", d->stamp, "</p>\n");
	add_element(out, "<h1>", d->title, "</h1>\n");
	if (d->lead)
		add_element(out, "<p class=\"lead\">", d->lead, "</p>\n");
	add_contents(out, d);
	add_blocks(out, d, room);
	add_evidence_list(out, d);
	str_add(out, "</main>\n");
	if (script)
		str_addf(out, "<script>%s</script>\n", doc_script);
	str_add(out, "</body>\n</html>\n");
}

int doc_html(const struct doc *d, struct str *out, struct err *e)
{
	size_t begin = out->len;

	if (doc_usable(d, e))
		return -1;
	write_page(out, d, PICTURES_MAX);
	if (begin == 0 && (out->overflowed || out->len > PAGE_MAX)) {
		str_reset(out); /* long texts: pictures are named instead */
		write_page(out, d, 0);
	}
	return doc_complete(out, e);
}
