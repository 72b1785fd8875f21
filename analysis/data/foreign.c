/* foreign.c - one file: which reader takes it, and what was seen of it. */
#include "foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "foreign_parts.h"
#include "vec.h"

/* Buffers that grew larger for one file are not kept. */
#define MOST_KEPT ((size_t)4 << 20)

static struct foreign_own *own_of(struct foreign_work *w)
{
	struct foreign_own *o = w->own;

	if (!o) {
		o = xcalloc(1, sizeof(*o));
		o->path = (struct str)STR_INIT(4096);
		w->own = o;
	}
	return o;
}

static void shrink(struct foreign_own *o)
{
	arena_release(&o->arena);
	arena_release(&o->piece);
	foreign_columns_reset(&o->columns);
	o->context.n = 0;
	if (o->text_room > MOST_KEPT) {
		free(o->text);
		o->text = NULL;
		o->text_room = 0;
	}
	if (o->whole_room > MOST_KEPT) {
		free(o->whole);
		o->whole = NULL;
		o->whole_room = 0;
	}
	if (o->doc.cap > MOST_KEPT / sizeof(struct json_node))
		json_doc_release(&o->doc);
}

void foreign_work_release(struct foreign_work *w)
{
	struct foreign_own *o = w->own;

	if (!o)
		return;
	shrink(o);
	free(o->text);
	free(o->whole);
	free(o->cell);
	free(o->name);
	free(o->line);
	foreign_columns_release(&o->columns);
	VEC_RELEASE(&o->context);
	str_release(&o->path);
	json_doc_release(&o->doc);
	foreign_blocks_release(&o->blocks);
	free(o);
	w->own = NULL;
}

static const char *encoding_of(const struct foreign_reader *r)
{
	if (r->form != FORM_UTF8)
		return "UTF-16";
	if (r->utf8.bad || r->utf8.need > 0)
		return "not UTF-8";
	return r->marked ? "UTF-8 with a byte-order mark" : "UTF-8";
}

static int read_kind(struct foreign_reader *r, enum tree_kind kind)
{
	switch (kind) {
	case TREE_CSV:
		return foreign_csv(r);
	case TREE_JSON:
		return foreign_json(r);
	case TREE_JSONL:
		return foreign_jsonl(r);
	case TREE_MARKDOWN:
		return foreign_markdown(r);
	case TREE_RUN:
		break;
	}
	BUG("a run folder is no foreign file");
}

static int read_all(struct foreign_reader *r, enum tree_kind kind, struct foreign_work *w)
{
	int ret;

	*r->facts = (struct foreign_facts){.encoding = "UTF-8"};
	r->own = own_of(w);
	r->line = 1;
	ret = read_kind(r, kind);
	if (ret == 0)
		foreign_drain(r);
	if (ret == 0 && r->failed)
		ret = err_sys(r->e, ERR_ENV, r->failed, "cannot read %s", r->path);
	r->facts->lines += r->facts->bytes > 0 && r->last != '\n';
	r->facts->hash = foreign_hash_value(&r->hash);
	r->facts->encoding = encoding_of(r);
	shrink(r->own);
	return ret;
}

int foreign_read(const char *path, enum tree_kind kind, struct foreign_work *w,
	const struct foreign_sink *sink, struct foreign_facts *facts, struct err *e)
{
	struct foreign_sink with_path;
	struct foreign_reader r = {.sink = &with_path, .facts = facts, .e = e, .path = path};
	struct foreign_path *folders;
	int ret;

	r.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r.fd < 0)
		return err_sys(e, ERR_ENV, errno, "cannot read %s", path);
	folders = foreign_path_new(path, sink, &with_path);
	ret = read_all(&r, kind, w);
	foreign_path_free(folders);
	close(r.fd);
	return ret;
}

int foreign_read_bytes(const char *bytes, size_t len, enum tree_kind kind, struct foreign_work *w,
	const struct foreign_sink *sink, struct foreign_facts *facts, struct err *e)
{
	struct foreign_reader r = {.sink = sink,
		.facts = facts,
		.e = e,
		.path = "text",
		.fd = -1,
		.bytes = bytes,
		.len = len};

	return read_all(&r, kind, w);
}
