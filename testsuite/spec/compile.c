// SPDX-License-Identifier: GPL-2.0
/*
 * Compiling test modules, once per content and compiler
 *
 * <cache>/<app>.ko is the result for a module whose content hashes to <app>;
 * <app>.err holds the exit status and the message if there was none. The folder's name is
 * the caller's business: it must change with the compiler, its options and the kernel.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spec.h"

extern char **environ;

static bool hash_file(const char *path, u64 *hash)
{
	FILE *file = fopen(path, "rb");
	u64 h = 14695981039346656037ull;	/* FNV-1a */
	int c;

	if (!file)
		return false;
	while ((c = getc_unlocked(file)) != EOF)
		h = (h ^ c) * 1099511628211ull;
	fclose(file);
	*hash = h;
	return true;
}

static void broken(struct compiled *result, const char *message)
{
	result->broken = true;
	snprintf(result->message, sizeof(result->message), "%s", message);
}

/* Result of an earlier compilation; false if there was none */
static bool find_cached(const struct compiler *compiler, struct compiled *result)
{
	char path[PATH_SIZE + 8];
	FILE *file;
	int status;

	if (!access(result->ko, R_OK))
		return true;
	snprintf(path, sizeof(path), "%s/%s.err", compiler->cache, result->app);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fscanf(file, "%d ", &status) != 1 ||
	    !fgets(result->message, sizeof(result->message), file))
		status = -1;
	fclose(file);
	result->message[strcspn(result->message, "\n")] = 0;
	result->refused = status == 1;
	result->broken = !result->refused;
	return true;
}

static void remember_failure(const struct compiler *compiler, const struct compiled *result,
			     int status)
{
	char path[PATH_SIZE + 8], tmp[PATH_SIZE + 32];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.err", compiler->cache, result->app);
	snprintf(tmp, sizeof(tmp), "%s.%d", path, getpid());
	file = fopen(tmp, "w");
	if (!file)
		return;
	fprintf(file, "%d %s\n", status, result->message);
	if (!fclose(file))
		rename(tmp, path);
}

/* Run wasm2ko; its exit status, 128 + a signal, or -1 */
static int run_compiler(const struct compiler *compiler, const char *wasm, const char *output,
			const char *messages)
{
	char kernel[PATH_SIZE];
	const char *argv[8 + COMPILER_OPTIONS_MAX];
	posix_spawn_file_actions_t actions;
	int status, argc = 0;
	size_t i;
	pid_t pid;

	argv[argc++] = compiler->program;
	for (i = 0; i < compiler->nr_options; i++)
		argv[argc++] = compiler->options[i];
	if (compiler->kernel) {
		snprintf(kernel, sizeof(kernel), "--kernel=%s", compiler->kernel);
		argv[argc++] = kernel;
	}
	argv[argc++] = wasm;
	argv[argc++] = "-o";
	argv[argc++] = output;
	argv[argc] = NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 2, messages, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	status = posix_spawn(&pid, compiler->program, &actions, NULL, (char **)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (status || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void compile(const struct compiler *compiler, const char *wasm, struct compiled *result)
{
	char folder[PATH_SIZE + 32], output[2 * PATH_SIZE], messages[2 * PATH_SIZE];
	FILE *file;
	int status;
	u64 hash;

	memset(result, 0, sizeof(*result));
	if (!hash_file(wasm, &hash)) {
		broken(result, strerror(errno));
		return;
	}
	snprintf(result->app, sizeof(result->app), "t%016llx", (unsigned long long)hash);
	snprintf(result->ko, sizeof(result->ko), "%s/%s.ko", compiler->cache, result->app);
	if (find_cached(compiler, result))
		return;
	if (!compiler->program) {
		broken(result, "not in the cache");
		return;
	}
	/* the app is named after the file, so that has its final name from the start */
	snprintf(folder, sizeof(folder), "%s/tmp.%d", compiler->cache, getpid());
	mkdir(folder, 0777);
	snprintf(output, sizeof(output), "%s/%s.ko", folder, result->app);
	snprintf(messages, sizeof(messages), "%s/messages", folder);
	status = run_compiler(compiler, wasm, output, messages);
	file = fopen(messages, "r");
	if (file) {
		if (!fgets(result->message, sizeof(result->message), file))
			result->message[0] = 0;
		fclose(file);
		result->message[strcspn(result->message, "\n")] = 0;
	}
	unlink(messages);
	if (!status) {
		if (rename(output, result->ko))
			broken(result, strerror(errno));
	} else {
		result->refused = status == 1;
		result->broken = !result->refused;
		if (result->broken && !result->message[0])
			snprintf(result->message, sizeof(result->message), "exit status %d", status);
		remember_failure(compiler, result, status);
		unlink(output);
	}
	rmdir(folder);
}
