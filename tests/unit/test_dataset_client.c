/* test_dataset_client.c - what the client noted of itself, from runs.csv. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dataset.h"
#include "hash.h"
#include "str.h"
#include "unit.h"

#define HEADER                                                                                     \
	"run_id,cell_id,phase,status,chunks,timestamp_source,stamp_bound_us,send_us,"              \
	"multi_line_reads,itl_unresolved,streams,cpu_share"

/* A run of these lines, in the temporary folder. */
static const char *write_run(const char *const *lines, size_t n)
{
	struct str out = STR_INIT(STR_MAX_LINE);

	str_addf(&out, "%s,row_crc\n", HEADER);
	for (size_t i = 0; i < n; i++)
		str_addf(&out, "%s,%08x\n", lines[i], crc32c(0, lines[i], strlen(lines[i])));
	unit_write("runs.csv", out.s, out.len);
	str_release(&out);
	return unit_path(".");
}

/* What is missing is not 0, and gaps are known where it is known how many cannot be told. */
static void test_client(void **state)
{
	static const char *const lines[] = {"r1,c1,measure,ok,16,kernel,0,54.662,2,3,64,0.00282",
		"r2,c1,measure,ok,16,user,85.375,20,0,0,1,0.5",
		"r3,c1,measure,ok,1,virtual,,,0,,1,", "r4,c1,measure,ok,16,sundial,,,,,,",
		"r5,c1,measure,ok,2,kernel,0,1,0,2,1,0"};
	struct err e = ERR_INIT;
	struct dataset d;
	const struct data_client *c;

	(void)state;
	assert_int_equal(dataset_from_run(&d, write_run(lines, 5), &e), 0);
	c = &d.rows[0].client;
	assert_int_equal(c->dated, DATED_KERNEL);
	assert_double(c->stamp_bound_us, 0);
	assert_double(c->send_us, 54.662);
	assert_double(c->cpu_share, 0.00282);
	assert_int_equal(c->multi_line_reads, 2);
	assert_int_equal(c->gaps, 15);
	assert_int_equal(c->unresolved, 3);
	assert_int_equal(c->streams, 64);
	c = &d.rows[1].client;
	assert_int_equal(c->dated, DATED_USER);
	assert_double(c->stamp_bound_us, 85.375);
	assert_int_equal(c->unresolved, 0);
	c = &d.rows[2].client;
	assert_int_equal(c->dated, DATED_VIRTUAL);
	assert_true(isnan(c->stamp_bound_us) && isnan(c->send_us) && isnan(c->cpu_share));
	assert_int_equal(c->multi_line_reads, 0);
	assert_int_equal(c->gaps, DATA_NONE); /* one chunk has no gap, told or not */
	assert_int_equal(c->unresolved, DATA_NONE);
	c = &d.rows[3].client;
	assert_int_equal(c->dated, DATED_UNKNOWN);
	assert_int_equal(c->multi_line_reads, DATA_NONE);
	assert_int_equal(c->gaps, DATA_NONE); /* a row of before there was the column */
	assert_int_equal(c->streams, DATA_NONE);
	c = &d.rows[4].client;
	assert_int_equal(c->gaps, DATA_NONE); /* more than there are */
	assert_int_equal(c->unresolved, DATA_NONE);
	dataset_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
