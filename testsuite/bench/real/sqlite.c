// SPDX-License-Identifier: GPL-2.0
/* sqlite: a database in memory: insert, index, join, group, update, text functions, delete */
#define BENCH_RUNS 10
#include <sqlite3.h>
#include "../bench.h"

/* SQLITE_OS_OTHER: the database never leaves memory, so that is all a system must be */
static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	(void)vfs, (void)name, (void)file, (void)flags, (void)out;
	return SQLITE_CANTOPEN;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	(void)vfs;
	return strlen(name) < (size_t)size ? strcpy(out, name), SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_random(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	memset(out, 42, size);
	return size;
}

static int vfs_time(sqlite3_vfs *vfs, double *now)
{
	(void)vfs;
	*now = 2460000.5;
	return SQLITE_OK;
}

static sqlite3_vfs vfs = {
	.iVersion = 1, .szOsFile = sizeof(sqlite3_file), .mxPathname = 256, .zName = "none",
	.xOpen = vfs_open, .xFullPathname = vfs_full_path, .xRandomness = vfs_random,
	.xCurrentTime = vfs_time,
};

int sqlite3_os_init(void)
{
	return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void)
{
	return SQLITE_OK;
}

static const char * const script[] = {
	"CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, city INTEGER, age INTEGER, score REAL)",
	"CREATE TABLE city(id INTEGER PRIMARY KEY, name TEXT)",
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200)"
	" INSERT INTO city SELECT i, 'city' || (i*7919%1000) FROM n",
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<12000)"
	" INSERT INTO person SELECT i, 'name' || (i*48271%65537), i*31%200+1, i*17%80, i*0.37 FROM n",
	"CREATE INDEX person_name ON person(name)",
	"CREATE INDEX person_city ON person(city, age)",
	"SELECT count(*), sum(age), max(name) FROM person WHERE age BETWEEN 20 AND 40",
	"SELECT c.name, count(*), avg(p.age), max(p.score) FROM person p JOIN city c ON c.id = p.city"
	" WHERE p.age > 30 GROUP BY c.id ORDER BY 2 DESC, 1 LIMIT 10",
	"SELECT count(*) FROM person WHERE name LIKE '%123%'",
	"SELECT sum(length(replace(upper(name), 'NAME', 'x'))) FROM person",
	"UPDATE person SET score = score * 1.5, age = age + 1 WHERE city % 3 = 0",
	"SELECT count(DISTINCT name), min(score) FROM person",
	"SELECT a.id, b.id FROM person a JOIN person b ON b.name = a.name || '1' ORDER BY 1, 2 LIMIT 20",
	"SELECT name FROM person ORDER BY score - age * 7, name LIMIT 15",
	"DELETE FROM person WHERE id % 4 = 1",
	"SELECT total(score), count(*) FROM person WHERE city IN (SELECT id FROM city WHERE name > 'city5')",
};

static int add_row(void *sum, int nr, char **values, char **names)
{
	int i;

	(void)names;
	for (i = 0; i < nr; i++)
		for (const char *p = values[i]; p && *p; p++)
			*(u64 *)sum = *(u64 *)sum * 31 + (u8)*p;
	return 0;
}

void bench_setup(void)
{
	sqlite3_initialize();
}

u64 bench_run(void)
{
	sqlite3 *db;
	u64 sum = 0;
	size_t i;

	if (sqlite3_open(":memory:", &db))
		abort();
	for (i = 0; i < sizeof(script) / sizeof(script[0]); i++)
		if (sqlite3_exec(db, script[i], add_row, &sum, NULL))
			abort();
	sqlite3_close(db);
	return sum;
}
