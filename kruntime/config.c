// SPDX-License-Identifier: GPL-2.0
/*
 * An instance's surroundings: lists of strings, and how module parameters spell them
 *
 *	args="-v 'two words' x"		blanks separate; '...', "..." and \ quote
 *	env="HOME=/ TERM=dumb"		the same
 *	dirs=/srv:/,/tmp:/tmp		commas separate
 *	fds=3,5:4			the same
 *	net=tcp:*:80,udp:[::1]:*	the same
 *	listen=tcp:0.0.0.0:80		the same
 */
#include "kwasm.h"

int kwasm_strings_init(struct kwasm_strings *s, const char *data, u32 bytes)
{
	u32 i;

	s->data = data;
	s->bytes = bytes;
	s->nr = 0;
	if (bytes && data[bytes - 1])
		return -EINVAL;
	for (i = 0; i < bytes; i++)
		s->nr += !data[i];
	return 0;
}

/* @copy is empty before. 0, -ENOMEM; kwasm_lists_free() in either case */
int kwasm_lists_copy(struct kwasm_strings *copy, const struct kwasm_strings *lists)
{
	char *data;
	u32 i;

	for (i = 0; i < KWASM_NR_LISTS; i++) {
		if (!lists[i].bytes)
			continue;
		data = plat_zalloc(lists[i].bytes);
		if (!data)
			return -ENOMEM;
		memcpy(data, lists[i].data, lists[i].bytes);
		copy[i] = lists[i];
		copy[i].data = data;
	}
	return 0;
}

void kwasm_lists_free(struct kwasm_strings *lists)
{
	u32 i;

	for (i = 0; i < KWASM_NR_LISTS; i++) {
		plat_free((void *)lists[i].data);
		memset(&lists[i], 0, sizeof(lists[i]));
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Split as a shell does, without expansion; @out has room for strlen(text) + 1. Bytes, -EINVAL. */
static int split_words(const char *text, char *out)
{
	char quote = 0, *p = out;
	bool word = false;

	for (; *text; text++) {
		if (quote) {
			if (*text == quote)
				quote = 0;
			else if (*text == '\\' && quote == '"' && text[1])
				*p++ = *++text;
			else
				*p++ = *text;
		} else if (is_blank(*text)) {
			if (word)
				*p++ = 0;
			word = false;
		} else {
			word = true;
			if (*text == '\'' || *text == '"')
				quote = *text;
			else if (*text == '\\' && text[1])
				*p++ = *++text;
			else
				*p++ = *text;
		}
	}
	if (quote)
		return -EINVAL;
	if (word)
		*p++ = 0;
	return p - out;
}

static int split_commas(const char *text, char *out)
{
	char *p = out;

	for (; *text; text++)
		*p++ = *text == ',' ? 0 : *text;
	if (p != out && p[-1])
		*p++ = 0;
	return p - out;
}

/* @first, if any, comes before the split words */
static int strings_from_text(struct kwasm_strings *s, const char *first, const char *text,
			     int (*split)(const char *text, char *out))
{
	size_t first_bytes = first ? strlen(first) + 1 : 0;
	char *data;
	int n;

	memset(s, 0, sizeof(*s));
	if (!text)
		text = "";
	if (!first && !text[0])
		return 0;
	data = plat_zalloc(first_bytes + strlen(text) + 1);
	if (!data)
		return -ENOMEM;
	if (first)
		memcpy(data, first, first_bytes);
	n = split(text, data + first_bytes);
	if (n < 0) {
		plat_free(data);
		return n;
	}
	return kwasm_strings_init(s, data, first_bytes + n);
}

/* Decimal digits, which must be there; the first character behind them, NULL: none or too large */
static const char *number(const char *text, u32 *value)
{
	u64 sum = 0;

	if (*text < '0' || *text > '9')
		return NULL;
	for (; *text >= '0' && *text <= '9'; text++) {
		sum = sum * 10 + *text - '0';
		if (sum > 0x7fffffff)
			return NULL;
	}
	*value = sum;
	return text;
}

/**
 * kwasm_fd_parse() - A descriptor that is passed to an app
 * @text: "own" or "own:guest"
 * @own: set: number in the process that passes it
 * @guest: set: number for the app, %KWASM_FD_ANY: the lowest that is free
 *
 * Return: 0, -EINVAL.
 */
int kwasm_fd_parse(const char *text, u32 *own, u32 *guest)
{
	const char *rest = number(text, own);

	*guest = KWASM_FD_ANY;
	if (rest && *rest == ':')
		rest = number(rest + 1, guest);
	return rest && !*rest ? 0 : -EINVAL;
}
EXPORT_SYMBOL_GPL(kwasm_fd_parse);

/* Module parameters: which list, and how their text is taken apart */
static const struct {
	const char *name;
	size_t member;		/* offset in struct kwasm_app */
	int (*split)(const char *text, char *out);
} list_params[KWASM_NR_LISTS] = {
	[KWASM_LIST_ARGS]   = { "args",   offsetof(struct kwasm_app, args),   split_words },
	[KWASM_LIST_ENV]    = { "env",    offsetof(struct kwasm_app, env),    split_words },
	[KWASM_LIST_DIRS]   = { "dirs",   offsetof(struct kwasm_app, dirs),   split_commas },
	[KWASM_LIST_FDS]    = { "fds",    offsetof(struct kwasm_app, fds),    split_commas },
	[KWASM_LIST_NET]    = { "net",    offsetof(struct kwasm_app, net),    split_commas },
	[KWASM_LIST_LISTEN] = { "listen", offsetof(struct kwasm_app, listen), split_commas },
};

int kwasm_config_from_params(struct kwasm_program *program, struct kwasm_config *config)
{
	const struct kwasm_app *app = program->app;
	const char *text;
	int err = 0;
	u32 i;

	memset(config, 0, sizeof(*config));
	config->context = app->daemon ? KWASM_CONTEXT_KTHREAD : KWASM_CONTEXT_PROCESS;
	for (i = 0; i < KWASM_NR_LISTS && !err; i++) {
		text = *(const char *const *)((const u8 *)app + list_params[i].member);
		err = strings_from_text(&config->lists[i],
					i == KWASM_LIST_ARGS ? program->name : NULL, text,
					list_params[i].split);
		if (err == -EINVAL)
			kwasm_err("%s: parameter %s: a quote is not closed\n", program->name,
				  list_params[i].name);
	}
	if (err)
		kwasm_lists_free(config->lists);
	return err;
}
