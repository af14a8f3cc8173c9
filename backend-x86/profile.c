// SPDX-License-Identifier: GPL-2.0
/*
 * profile.c - what the writer must know of a kernel, as a small text file
 *
 * One fact per line; a # begins a comment line. All lines but crc must be
 * there exactly once, the first one first; alternatives may be missing:
 *
 *	wasm2ko-profile 1
 *	release 6.1.0-56-amd64
 *	vermagic "6.1.0-56-amd64 SMP preempt mod_unload modversions "
 *	this_module size=896 align=64 name=24 name_size=56 init=312 exit=848
 *	kernel_param size=40 name=0 mod=8 ops=16 perm=24 level=26 arg=32
 *	alternatives size=12 retpoline=364 its=677 ibt=596
 *	config RETPOLINE=y RETHUNK=y SLS=y X86_KERNEL_IBT=n MODVERSIONS=y
 *	crc __x86_return_thunk 0x5b8239ca
 *	crc kwasm_app_init 0x12345678 kwasm
 *
 * The crc lines ascend by name; the last word is the kernel module that exports
 * the symbol, if it is one. A profile belongs to one build of kwasm.ko, since
 * the CRCs do.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../compiler/diag.h"
#include "../compiler/util.h"
#include "object.h"
#include "profile.h"

#define PROFILE_VERSION		"1"
#define THIS_MODULE		".gnu.linkonce.this_module"

/* a "key=number" of the lines this_module and kernel_param */
struct profile_field {
	const char *key;
	size_t member;
};

#define FIELD(key, member)	{ key, offsetof(struct profile, member) }

static const struct profile_field this_module_fields[] = {
	FIELD("size", this_module_size),
	FIELD("align", this_module_align),
	FIELD("name", this_module_name),
	FIELD("name_size", module_name_size),
	FIELD("init", this_module_init),
	FIELD("exit", this_module_exit),
	{ NULL, 0 }
};

static const struct profile_field param_fields[] = {
	FIELD("size", param_size),
	FIELD("name", param_name),
	FIELD("mod", param_mod),
	FIELD("ops", param_ops),
	FIELD("perm", param_perm),
	FIELD("level", param_level),
	FIELD("arg", param_arg),
	{ NULL, 0 }
};

/* what a kernel's code is patched by; a kernel that has no such feature: 0 */
static const struct profile_field alternatives_fields[] = {
	FIELD("size", alt_size),
	FIELD("retpoline", alt_retpoline),
	FIELD("its", alt_its),
	FIELD("ibt", alt_ibt),
	{ NULL, 0 }
};

/* MITIGATION_ came before some of these names in 6.9; profiles have the short ones */
static const struct profile_field config_fields[] = {
	FIELD("RETPOLINE", retpoline),
	FIELD("RETHUNK", rethunk),
	FIELD("SLS", sls),
	FIELD("X86_KERNEL_IBT", ibt),
	FIELD("MODVERSIONS", modversions),
	{ NULL, 0 }
};

static u32 *u32_member(const struct profile *p, const struct profile_field *f)
{
	return (u32 *)((char *)p + f->member);
}

static bool *bool_member(const struct profile *p, const struct profile_field *f)
{
	return (bool *)((char *)p + f->member);
}

/**
 * profile_destroy() - Free what a profile owns
 * @profile: from profile_read(), also if that failed, or all zero
 */
void profile_destroy(struct profile *profile)
{
	free(profile->path);
	free(profile->release);
	free(profile->vermagic);
	free(profile->crcs);
	free(profile->text);
	memset(profile, 0, sizeof(*profile));
}

/**
 * profile_find_crc() - Look up an exported symbol
 * @profile: kernel
 * @name: of the symbol
 *
 * Return: the symbol; NULL if neither the kernel nor our modules export it.
 */
const struct profile_crc *profile_find_crc(const struct profile *profile, const char *name)
{
	size_t lo = 0, hi = profile->nr_crcs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(name, profile->crcs[mid].name);

		if (!order)
			return &profile->crcs[mid];
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* ---- reading ---- */

/**
 * struct parser - the place in a profile
 * @next: the rest of the current line
 * @line: number of the current line
 * @seen: first words met so far, one bit per row of line_kinds[]
 */
struct parser {
	struct profile *profile;
	size_t cap_crcs;
	char *next;
	unsigned int line;
	u32 seen;
};

static int line_error(const struct parser *p, const char *what)
{
	diag_file_error(p->profile->path, "line %u: %s", p->line, what);
	return -EINVAL;
}

/* The next word of the line, ended by a NUL put into the text; NULL: none. */
static char *next_word(struct parser *p)
{
	char *word = p->next;

	while (*word == ' ' || *word == '\t')
		word++;
	if (!*word)
		return NULL;
	p->next = word + strcspn(word, " \t");
	if (*p->next)
		*p->next++ = '\0';
	return word;
}

static bool parse_number(const char *s, int base, u32 *value)
{
	const char *digits = base == 16 ? "0123456789abcdef" : "0123456789";
	size_t len = strlen(s);

	/* strtoul() takes signs, blanks and overflow */
	if (!len || len > (base == 16 ? 8 : 9) || strspn(s, digits) != len)
		return false;
	*value = strtoul(s, NULL, base);
	return true;
}

static int parse_version(struct parser *p)
{
	const char *word = next_word(p);

	if (!word || strcmp(word, PROFILE_VERSION))
		return line_error(p, "unknown version of the file format: make the profile again with 'make modules'");
	return 0;
}

static int parse_release(struct parser *p)
{
	const char *word = next_word(p);

	if (!word)
		return line_error(p, "expected a kernel release");
	p->profile->release = xstrdup(word);
	return 0;
}

static int parse_vermagic(struct parser *p)
{
	char *start = strchr(p->next, '"');
	char *end = start ? strchr(start + 1, '"') : NULL;

	if (!end || strspn(p->next, " \t") != (size_t)(start - p->next))
		return line_error(p, "expected a string in double quotes");
	*end = '\0';
	p->profile->vermagic = xstrdup(start + 1);
	p->next = end + 1;
	return 0;
}

static int parse_fields(struct parser *p, const struct profile_field *fields, bool yes_no)
{
	u32 seen = 0, nr = 0;
	char *word;

	while (fields[nr].key)
		nr++;
	while ((word = next_word(p))) {
		char *value = strchr(word, '=');
		u32 i;

		if (!value)
			return line_error(p, "expected key=value");
		*value++ = '\0';
		for (i = 0; i < nr && strcmp(word, fields[i].key);)
			i++;
		if (i == nr || seen & 1u << i)
			return line_error(p, "unknown or repeated key");
		seen |= 1u << i;
		if (yes_no) {
			if (strcmp(value, "y") && strcmp(value, "n"))
				return line_error(p, "expected y or n");
			*bool_member(p->profile, &fields[i]) = *value == 'y';
		} else if (!parse_number(value, 10, u32_member(p->profile, &fields[i]))) {
			return line_error(p, "expected a number");
		}
	}
	return seen == (1u << nr) - 1 ? 0 : line_error(p, "a key is missing");
}

static int parse_this_module(struct parser *p)
{
	return parse_fields(p, this_module_fields, false);
}

static int parse_param(struct parser *p)
{
	return parse_fields(p, param_fields, false);
}

static int parse_config(struct parser *p)
{
	return parse_fields(p, config_fields, true);
}

static int parse_alternatives(struct parser *p)
{
	return parse_fields(p, alternatives_fields, false);
}

static int parse_crc(struct parser *p)
{
	struct profile *profile = p->profile;
	const char *name = next_word(p);
	const char *value = next_word(p);
	const char *module = next_word(p);
	u32 crc;

	if (!value || strncmp(value, "0x", 2) || !parse_number(value + 2, 16, &crc))
		return line_error(p, "expected a symbol and a hexadecimal number with 0x");
	if (profile->nr_crcs && strcmp(profile->crcs[profile->nr_crcs - 1].name, name) >= 0)
		return line_error(p, "symbols must ascend");
	array_reserve(profile->crcs, p->cap_crcs, profile->nr_crcs + 1);
	profile->crcs[profile->nr_crcs++] = (struct profile_crc){ name, crc, module ?: "" };
	return 0;
}

/* the kinds of lines; all but the last two are there exactly once */
static const struct {
	const char *word;
	int (*parse)(struct parser *p);
} line_kinds[] = {
	{ "wasm2ko-profile",	parse_version },
	{ "release",		parse_release },
	{ "vermagic",		parse_vermagic },
	{ "this_module",	parse_this_module },
	{ "kernel_param",	parse_param },
	{ "config",		parse_config },
	{ "alternatives",	parse_alternatives },
	{ "crc",		parse_crc },
};

/* bits of lines that must be there, and of those that may not be there twice */
#define NEEDED	((1u << (ARRAY_SIZE(line_kinds) - 2)) - 1)
#define ONCE	((1u << (ARRAY_SIZE(line_kinds) - 1)) - 1)

static int parse_line(struct parser *p)
{
	const char *word;
	size_t i;
	int err;

	if (*p->next == '#')
		return 0;
	word = next_word(p);
	if (!word)
		return 0;
	for (i = 0; i < ARRAY_SIZE(line_kinds) && strcmp(word, line_kinds[i].word);)
		i++;
	if (!p->seen && i)
		return line_error(p, "not a kernel profile: expected 'wasm2ko-profile'");
	if (i == ARRAY_SIZE(line_kinds))
		return line_error(p, "unknown kind of line");
	if (p->seen & ONCE & 1u << i)
		return line_error(p, "this kind of line was there before");
	p->seen |= 1u << i;
	err = line_kinds[i].parse(p);
	if (err)
		return err;
	return next_word(p) ? line_error(p, "too much on the line") : 0;
}

static bool inside(u32 offset, u32 size, u32 end)
{
	return size <= end && offset <= end - size;
}

/* Whoever writes by this profile relies on it. */
static int check_profile(const struct profile *p)
{
	const char *wrong = NULL;
	size_t i;

	if (p->this_module_size > 1u << 20 || !p->this_module_align ||
	    p->this_module_align & (p->this_module_align - 1) || p->this_module_align > 4096 ||
	    p->module_name_size < 2 || p->module_name_size > 4096 ||
	    !inside(p->this_module_name, p->module_name_size, p->this_module_size) ||
	    !inside(p->this_module_init, 8, p->this_module_size) ||
	    !inside(p->this_module_exit, 8, p->this_module_size))
		wrong = "this_module";
	if (p->param_size > 4096 || !inside(p->param_name, 8, p->param_size) ||
	    !inside(p->param_mod, 8, p->param_size) || !inside(p->param_ops, 8, p->param_size) ||
	    !inside(p->param_arg, 8, p->param_size) || !inside(p->param_perm, 2, p->param_size) ||
	    !inside(p->param_level, 1, p->param_size))
		wrong = "kernel_param";
	if (p->alt_size && ((p->alt_size != 12 && p->alt_size != 14) || !p->alt_retpoline ||
			    !p->alt_ibt || p->alt_retpoline >= 1u << 15 || p->alt_its >= 1u << 15 ||
			    p->alt_ibt >= 1u << 15))
		wrong = "alternatives";
	for (i = 0; i < p->nr_crcs; i++)
		if (strlen(p->crcs[i].name) >= p->module_name_size)
			wrong = "the length of a symbol's name";
	if (p->modversions && !profile_find_crc(p, "module_layout"))
		wrong = "the crc of module_layout, which is missing,";
	if (!wrong)
		return 0;
	diag_file_error(p->path, "%s cannot be right: make the profile again with 'make modules'",
			wrong);
	return -EINVAL;
}

/**
 * profile_read() - Read a profile
 * @profile: out; to be destroyed in any case
 * @path: file
 *
 * Return: 0; -errno (diagnosed).
 */
int profile_read(struct profile *profile, const char *path)
{
	struct parser p = { .profile = profile };
	char *line, *end;
	size_t size;
	u8 *bytes;
	int err;

	memset(profile, 0, sizeof(*profile));
	profile->path = xstrdup(path);
	err = file_read(path, &bytes, &size);
	if (err) {
		diag_file_error(path, "cannot read the kernel profile: %s", strerror(-err));
		return err;
	}
	profile->text = (char *)bytes;
	if (memchr(bytes, '\0', size)) {
		p.line = 1;
		return line_error(&p, "not a kernel profile: not a text file");
	}
	for (line = profile->text; *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		p.line++;
		p.next = line;
		err = parse_line(&p);
		if (err)
			return err;
	}
	if ((p.seen & NEEDED) != NEEDED) {
		p.line++;
		return line_error(&p, "the profile ends too early");
	}
	return check_profile(profile);
}

/* ---- finding ---- */

/* the profiles found for a --kernel argument */
struct candidates {
	char **releases;
	char **paths;
	size_t nr;
	size_t cap_releases;
	size_t cap_paths;
};

static void free_candidates(struct candidates *c)
{
	size_t i;

	for (i = 0; i < c->nr; i++) {
		free(c->releases[i]);
		free(c->paths[i]);
	}
	free(c->releases);
	free(c->paths);
}

static bool is_realtime(const char *release)
{
	const char *rt = strstr(release, "-rt");

	return rt && (!rt[3] || rt[3] == '-' || (rt[3] >= '0' && rt[3] <= '9'));
}

/*
 * "6.1" is 6.1.0-56-amd64 and not 6.12 and not its real-time sister; that one
 * is "6.1-rt".
 */
static bool release_matches(const char *release, const char *wanted)
{
	size_t len = strlen(wanted);
	bool realtime = false;

	if (!strcmp(release, wanted))
		return true;
	if (len > 3 && !strcmp(wanted + len - 3, "-rt")) {
		realtime = true;
		len -= 3;
	}
	if (!len || strncmp(release, wanted, len) || realtime != is_realtime(release))
		return false;
	/* the end of a number, not its middle */
	return !(wanted[len - 1] >= '0' && wanted[len - 1] <= '9' &&
		 release[len] >= '0' && release[len] <= '9');
}

static void add_candidate(struct candidates *c, const char *release, size_t len, char *path,
			  const char *wanted)
{
	char *name = xasprintf("%.*s", (int)len, release);
	size_t i;

	for (i = 0; i < c->nr; i++)
		if (!strcmp(c->releases[i], name))
			break;		/* an earlier folder goes before */
	if (i < c->nr || !release_matches(name, wanted) || access(path, F_OK)) {
		free(name);
		free(path);
		return;
	}
	array_reserve(c->releases, c->cap_releases, c->nr + 1);
	array_reserve(c->paths, c->cap_paths, c->nr + 1);
	c->releases[c->nr] = name;
	c->paths[c->nr++] = path;
}

/* <dir>/<release>.profile, as installed, and <dir>/<release>/profile, as built */
static void search_folder(struct candidates *c, const char *dir, const char *wanted)
{
	static const char suffix[] = ".profile";
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (*e->d_name == '.')
			continue;
		if (len > strlen(suffix) && !strcmp(e->d_name + len - strlen(suffix), suffix))
			add_candidate(c, e->d_name, len - strlen(suffix),
				      xasprintf("%s/%s", dir, e->d_name), wanted);
		else
			add_candidate(c, e->d_name, len,
				      xasprintf("%s/%s/profile", dir, e->d_name), wanted);
	}
	closedir(d);
}

static void search_all(struct candidates *c, const char *wanted)
{
	const char *env = getenv("WASM2KO_PROFILES");
	char exe[4096], *slash, *dir;
	ssize_t len;

	while (env && *env) {
		size_t n = strcspn(env, ":");

		dir = xasprintf("%.*s", (int)n, env);
		search_folder(c, dir, wanted);
		free(dir);
		env += n + (env[n] == ':');
	}
	len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (len <= 0)
		return;
	exe[len] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return;
	*slash = '\0';
	dir = xasprintf("%s/..", exe);
	search_folder(c, dir, wanted);
	free(dir);
	dir = xasprintf("%s/../lib/wasm2ko/profiles", exe);
	search_folder(c, dir, wanted);
	free(dir);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Which profile is for release @wanted, or its beginning; NULL after a message.
 * @make_name: what 'make modules' calls that kernel
 */
static char *find_release(const char *wanted, const char *make_name)
{
	struct candidates c = { .nr = 0 };
	char *path = NULL;
	size_t i;

	search_all(&c, wanted);
	for (i = 0; i < c.nr; i++) {
		if (c.nr == 1 || !strcmp(c.releases[i], wanted)) {
			path = xstrdup(c.paths[i]);
			break;
		}
	}
	if (!c.nr) {
		diag_tool_error("no profile of kernel %s: make one with 'make modules KERNEL=%s', or with KDIR=<its kbuild folder>, or name another by --kernel",
				wanted, make_name);
	} else if (!path) {
		char *list = xstrdup("");

		qsort(c.releases, c.nr, sizeof(*c.releases), compare_strings);
		for (i = 0; i < c.nr; i++) {
			char *longer = xasprintf("%s%s%s", list, i ? ", " : "", c.releases[i]);

			free(list);
			list = longer;
		}
		diag_tool_error("more than one kernel is called %s: %s", wanted, list);
		free(list);
	}
	free_candidates(&c);
	return path;
}

/* UTS_RELEASE of a kbuild folder: Debian's kernel.release has another one. */
static char *kbuild_release(const char *kdir)
{
	static const char define[] = "#define UTS_RELEASE \"";
	char *path = xasprintf("%s/include/generated/utsrelease.h", kdir);
	char *release = NULL, *start, *end;
	size_t size;
	u8 *bytes;

	if (!file_read(path, &bytes, &size)) {
		start = strstr((char *)bytes, define);
		if (start) {
			start += strlen(define);
			end = strchr(start, '"');
			if (end)
				release = xasprintf("%.*s", (int)(end - start), start);
		}
		free(bytes);
	}
	free(path);
	return release;
}

static char *find_in_folder(const char *dir)
{
	char *path = xasprintf("%s/profile", dir);
	char *release;

	if (!access(path, F_OK))
		return path;
	free(path);
	release = kbuild_release(dir);
	if (!release) {
		diag_tool_error("%s: neither holds a profile nor is a kbuild folder", dir);
		return NULL;
	}
	path = find_release(release, release);
	free(release);
	return path;
}

char *profile_find(const char *kernel)
{
	struct utsname uts;
	struct stat st;

	if (!kernel) {
		if (uname(&uts))
			diag_bug("uname: %s", strerror(errno));
		return find_release(uts.release, "host");
	}
	/* a folder named 6.1 in the current one is not meant unless it says ./6.1 */
	if (!strchr(kernel, '/')) {
		if (!stat(kernel, &st) && S_ISREG(st.st_mode))
			return xstrdup(kernel);
		return find_release(kernel, kernel);
	}
	if (stat(kernel, &st)) {
		diag_tool_error("%s: %s", kernel, strerror(errno));
		return NULL;
	}
	return S_ISDIR(st.st_mode) ? find_in_folder(kernel) : xstrdup(kernel);
}

/* ---- making ---- */

/* What is known of the kernel while a profile is made; strings point into files. */
struct maker {
	struct profile profile;
	size_t cap_crcs;
	struct object ko;
	char *files[3];		/* read whole, freed at the end */
	u32 nr_files;
};

static char *read_text(struct maker *m, const char *dir, const char *name, const char *advice)
{
	char *path = xasprintf("%s/%s", dir, name);
	size_t size;
	u8 *bytes;
	int err;

	err = file_read(path, &bytes, &size);
	if (err)
		diag_file_error(path, "%s: %s", strerror(-err), advice);
	free(path);
	if (err)
		return NULL;
	return m->files[m->nr_files++] = (char *)bytes;
}

static int ko_error(const struct maker *m, const char *what)
{
	diag_file_error(m->ko.path, "cannot make a profile of it: %s", what);
	return -EINVAL;
}

/* struct module's members are where kwasm.ko's own are filled in. */
static int learn_this_module(struct maker *m)
{
	struct profile *p = &m->profile;
	u32 section = object_find_section(&m->ko, THIS_MODULE);
	const struct object_section *s = &m->ko.sections[section];
	static const char name[] = "kwasm";
	u32 nr_names = 0, seen = 0;
	size_t i;

	if (!section || !s->data)
		return ko_error(m, "no section " THIS_MODULE);
	p->this_module_size = s->size;
	p->this_module_align = s->align;
	for (i = 0; i + sizeof(name) <= s->size; i++) {
		if (memcmp(s->data + i, name, sizeof(name)))
			continue;
		p->this_module_name = i;
		nr_names++;
	}
	if (nr_names != 1)
		return ko_error(m, "its name is not once in " THIS_MODULE);
	for (i = 0; i < s->nr_relocs; i++) {
		const struct object_reloc *r = &s->relocs[i];
		const char *symbol = m->ko.symbols[r->symbol].name;

		if (r->type != R_X86_64_64)
			continue;
		if (!strcmp(symbol, "init_module")) {
			p->this_module_init = r->offset;
			seen |= 1;
		} else if (!strcmp(symbol, "cleanup_module")) {
			p->this_module_exit = r->offset;
			seen |= 2;
		}
	}
	return seen == 3 ? 0 : ko_error(m, THIS_MODULE " has no init and exit function");
}

/*
 * struct kernel_param { name; mod; ops; u16 perm; s8 level; u8 flags; arg; }
 * has been so since 4.0; if kwasm.ko has parameters they tell whether it is.
 */
static int learn_param(struct maker *m)
{
	struct profile *p = &m->profile;
	u32 section = object_find_section(&m->ko, "__param");
	const struct object_section *s = &m->ko.sections[section];
	size_t i, nr;

	p->param_size = 40;
	p->param_name = 0;
	p->param_mod = 8;
	p->param_ops = 16;
	p->param_perm = 24;
	p->param_level = 26;
	p->param_arg = 32;
	if (!section)
		return 0;
	nr = s->size / p->param_size;
	if (s->size % p->param_size || s->nr_relocs != 4 * nr)
		return ko_error(m, "struct kernel_param has another size than 40 bytes");
	for (i = 0; i < s->nr_relocs; i++) {
		const struct object_symbol *sym = &m->ko.symbols[s->relocs[i].symbol];
		const u32 at[] = { p->param_name, p->param_mod, p->param_ops, p->param_arg };
		bool right = s->relocs[i].offset == i / 4 * p->param_size + at[i % 4];

		if (i % 4 == 1 && strcmp(sym->name, "__this_module"))
			right = false;
		if (!right)
			return ko_error(m, "struct kernel_param has another layout than expected");
	}
	return 0;
}

static const char *find_modinfo(const struct maker *m, const char *key)
{
	u32 section = object_find_section(&m->ko, ".modinfo");
	const struct object_section *s = &m->ko.sections[section];
	size_t len = strlen(key);
	size_t i;

	if (!section || !s->size || !s->data || s->data[s->size - 1])
		return NULL;
	for (i = 0; i < s->size; i += strlen((char *)s->data + i) + 1)
		if (!strncmp((char *)s->data + i, key, len) && s->data[i + len] == '=')
			return (char *)s->data + i + len + 1;
	return NULL;
}

static int learn_vermagic(struct maker *m)
{
	const char *vermagic = find_modinfo(m, "vermagic");

	if (!vermagic || !strchr(vermagic, ' ') || strpbrk(vermagic, "\"\n"))
		return ko_error(m, "no vermagic");
	m->profile.vermagic = xstrdup(vermagic);
	m->profile.release = xasprintf("%.*s", (int)strcspn(vermagic, " "), vermagic);
	return 0;
}

/* "CONFIG_X=y" or "CONFIG_MITIGATION_X=y" as a line of its own */
static bool config_is_set(const char *conf, const char *option)
{
	static const char *const prefixes[] = { "CONFIG_", "CONFIG_MITIGATION_" };
	bool set = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		char *line = xasprintf("\n%s%s=y\n", prefixes[i], option);

		if (strstr(conf, line) || !strncmp(conf, line + 1, strlen(line + 1)))
			set = true;
		free(line);
	}
	return set;
}

/* a number of a processor's feature, as the kernel's headers write it: "( 9*32+ 4)" */
static bool parse_feature(const char *text, const char *key, u32 *feature)
{
	const char *p = strstr(text, key);
	unsigned int word, bit;

	if (!p || sscanf(p + strlen(key), " ( %u * 32 + %u )", &word, &bit) != 2 || word > 99 || bit > 31)
		return false;
	*feature = word * 32 + bit;
	return true;
}

/* what kwasm.ko says of struct alt_instr, of which it was built with the definition */
static int learn_alternatives(struct maker *m)
{
	const char *text = find_modinfo(m, "kwasm_alternatives");
	struct profile *p = &m->profile;
	unsigned int size;

	if (!text)
		return 0;
	if (sscanf(text, "size=%u", &size) != 1 ||
	    !parse_feature(text, " retpoline=", &p->alt_retpoline) ||
	    !parse_feature(text, " ibt=", &p->alt_ibt))
		return ko_error(m, "its kwasm_alternatives is not understood");
	parse_feature(text, " its=", &p->alt_its);
	p->alt_size = size;
	return 0;
}

/*
 * Lines of Module.symvers: crc, symbol, module, kind of export and namespace,
 * separated by tabs. Only what an app may refer to is taken.
 */
static bool symbol_wanted(const char *name, bool kernel)
{
	if (!kernel)
		return !strncmp(name, "kwasm_", 6) || !strncmp(name, "wasi_", 5);
	return !strcmp(name, "module_layout") || !strcmp(name, "__x86_return_thunk") ||
	       !strncmp(name, "__x86_indirect_thunk_", 21);
}

static int learn_symvers(struct maker *m, char *text, bool kernel)
{
	char *line, *end;

	for (line = text; *line; line = end) {
		char *name, *module, *rest, *slash, *c;
		struct profile_crc crc;

		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		name = strchr(line, '\t');
		module = name ? strchr(name + 1, '\t') : NULL;
		rest = module ? strchr(module + 1, '\t') : NULL;
		if (!rest)
			continue;
		*name++ = '\0';
		*module++ = '\0';
		*rest = '\0';
		if (!symbol_wanted(name, kernel))
			continue;
		if (strncmp(line, "0x", 2) || !parse_number(line + 2, 16, &crc.crc))
			return ko_error(m, "a line of Module.symvers has no CRC");
		slash = strrchr(module, '/');
		if (slash)
			module = slash + 1;
		for (c = module; *c; c++)
			if (*c == '-')
				*c = '_';	/* as kbuild names modules */
		crc.name = name;
		crc.module = kernel ? "" : module;
		array_reserve(m->profile.crcs, m->cap_crcs, m->profile.nr_crcs + 1);
		m->profile.crcs[m->profile.nr_crcs++] = crc;
	}
	return 0;
}

static int compare_crcs(const void *a, const void *b)
{
	const struct profile_crc *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* kwasm.ko was linked against this kernel: what it was told of it must agree. */
static int check_versions(struct maker *m)
{
	struct profile *p = &m->profile;
	u32 section = object_find_section(&m->ko, "__versions");
	const struct object_section *s = &m->ko.sections[section];
	const struct profile_crc *layout = profile_find_crc(p, "module_layout");
	bool seen = false;
	size_t size, i;

	p->module_name_size = 64 - sizeof(u64);
	if (!p->modversions)	/* and then it has no module_layout either */
		return 0;
	if (!layout)
		return ko_error(m, "the kernel's Module.symvers has no module_layout");
	if (!section || !s->data)
		return ko_error(m, "no __versions, though the kernel has CONFIG_MODVERSIONS");
	size = 8 + p->module_name_size;
	if (s->size % size)
		return ko_error(m, "__versions has records of another size than 64 bytes");
	for (i = 0; i < s->size; i += size) {
		const char *name = (char *)s->data + i + 8;

		if (!memchr(name, '\0', p->module_name_size))
			return ko_error(m, "__versions has records of another form than expected");
		if (strcmp(name, "module_layout"))
			continue;
		seen = true;
		if (memcmp(s->data + i, &layout->crc, sizeof(layout->crc)))
			return ko_error(m, "it was built for another kernel than --kdir's: the CRCs of module_layout differ");
	}
	return seen ? 0 : ko_error(m, "__versions has no module_layout");
}

static int learn(struct maker *m, const char *kwasm_dir, const char *kdir)
{
	static const char kdir_advice[] = "not a configured kbuild folder; install the kernel's headers";
	const struct profile_field *f;
	char *path, *conf, *symvers;
	size_t size, i;
	u8 *bytes;
	int err;

	path = xasprintf("%s/kwasm.ko", kwasm_dir);
	err = file_read(path, &bytes, &size);
	if (err) {
		diag_file_error(path, "%s: build it first with 'make modules'", strerror(-err));
		free(path);
		return err;
	}
	err = object_read(&m->ko, path, bytes, size);
	free(bytes);
	free(path);
	if (err)
		return err;
	err = learn_this_module(m);
	if (!err)
		err = learn_param(m);
	if (!err)
		err = learn_vermagic(m);
	if (!err)
		err = learn_alternatives(m);
	if (err)
		return err;

	conf = read_text(m, kdir, "include/config/auto.conf", kdir_advice);
	if (!conf)
		return -ENOENT;
	for (f = config_fields; f->key; f++)
		*bool_member(&m->profile, f) = config_is_set(conf, f->key);

	symvers = read_text(m, kdir, "Module.symvers", kdir_advice);
	if (!symvers)
		return -ENOENT;
	err = learn_symvers(m, symvers, true);
	if (err)
		return err;
	symvers = read_text(m, kwasm_dir, "Module.symvers", "build the modules first with 'make modules'");
	if (!symvers)
		return -ENOENT;
	err = learn_symvers(m, symvers, false);
	if (err)
		return err;

	qsort(m->profile.crcs, m->profile.nr_crcs, sizeof(*m->profile.crcs), compare_crcs);
	for (i = 1; i < m->profile.nr_crcs; i++)
		if (!strcmp(m->profile.crcs[i].name, m->profile.crcs[i - 1].name))
			return ko_error(m, "a symbol is exported twice");
	return check_versions(m);
}

static void print_fields(FILE *f, const struct profile *p, const char *word,
			 const struct profile_field *fields)
{
	fputs(word, f);
	for (; fields->key; fields++)
		fprintf(f, " %s=%u", fields->key, *u32_member(p, fields));
	fputc('\n', f);
}

static void print_profile(FILE *f, const struct profile *p)
{
	const struct profile_field *field;
	size_t i;

	fprintf(f, "wasm2ko-profile " PROFILE_VERSION "\n");
	fprintf(f, "# what wasm2ko must know of this kernel and its kwasm.ko; made by 'make modules'\n");
	fprintf(f, "release %s\n", p->release);
	fprintf(f, "vermagic \"%s\"\n", p->vermagic);
	print_fields(f, p, "this_module", this_module_fields);
	print_fields(f, p, "kernel_param", param_fields);
	if (p->alt_size)
		print_fields(f, p, "alternatives", alternatives_fields);
	fputs("config", f);
	for (field = config_fields; field->key; field++)
		fprintf(f, " %s=%c", field->key, *bool_member(p, field) ? 'y' : 'n');
	fputc('\n', f);
	for (i = 0; i < p->nr_crcs; i++)
		fprintf(f, "crc %s 0x%08x%s%s\n", p->crcs[i].name, p->crcs[i].crc,
			*p->crcs[i].module ? " " : "", p->crcs[i].module);
}

/**
 * profile_create() - Make a profile
 * @kwasm_dir: holds kwasm.ko, just built, and the Module.symvers of that build
 * @kdir: kbuild folder it was built with
 * @out: file to write
 *
 * Needs no compiler: struct module is as large, and its members are where,
 * kbuild has put them in kwasm.ko.
 *
 * Return: 0; -errno (diagnosed).
 */
int profile_create(const char *kwasm_dir, const char *kdir, const char *out)
{
	struct maker m;
	char *text = NULL;
	size_t size, i;
	FILE *f;
	int err;

	memset(&m, 0, sizeof(m));
	err = learn(&m, kwasm_dir, kdir);
	if (!err) {
		m.profile.path = xstrdup(out);
		err = check_profile(&m.profile);
	}
	if (!err) {
		f = open_memstream(&text, &size);
		if (!f)
			diag_bug("open_memstream: %s", strerror(errno));
		print_profile(f, &m.profile);
		fclose(f);
		err = write_whole_file(out, text, size);
		free(text);
	}
	object_destroy(&m.ko);
	profile_destroy(&m.profile);
	for (i = 0; i < m.nr_files; i++)
		free(m.files[i]);
	return err;
}
