// SPDX-License-Identifier: GPL-2.0
/*
 * test-ko - kernel profiles and the kernel object itself
 *
 * What the module loader relies on is compared byte by byte; that it loads is
 * shown by the suites that boot a kernel.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../../backend-x86/extable.h"
#include "../../backend-x86/ko.h"
#include "../../backend-x86/modinfo.h"
#include "../../backend-x86/profile.h"
#include "../../kruntime/include/kwasm_abi.h"
#include "../harness.h"
#include "objects.h"

/* ---- a kernel that does not exist ---- */

#define LINE_VERSION	"wasm2ko-profile 1\n"
#define LINE_RELEASE	"release 6.1.0-test-amd64\n"
#define LINE_VERMAGIC	"vermagic \"6.1.0-test-amd64 SMP mod_unload modversions \"\n"
#define LINE_MODULE	"this_module size=896 align=64 name=24 name_size=56 init=312 exit=848\n"
#define LINE_PARAM	"kernel_param size=40 name=0 mod=8 ops=16 perm=24 level=26 arg=32\n"
#define LINE_CONFIG	"config RETPOLINE=y RETHUNK=y SLS=n X86_KERNEL_IBT=n MODVERSIONS=y\n"
#define LINES_KERNEL	"crc __x86_indirect_thunk_r11 0x11111111\n"			\
			"crc __x86_return_thunk 0x22222222\n"
#define LINES_CRC	LINES_CRC_WITH("crc module_layout 0xabcdef01\n")
#define LINES_CRC_WITH(layout)							\
	LINES_KERNEL								\
	"crc kwasm_app_exit 0x00000001 kwasm\n"					\
	"crc kwasm_app_init 0x00000002 kwasm\n"					\
	"crc kwasm_fault_fixup 0x00000003 kwasm\n"				\
	"crc kwasm_param_ops_bool 0x00000004 kwasm\n"				\
	"crc kwasm_param_ops_string 0x00000005 kwasm\n"				\
	"crc kwasm_param_ops_u32 0x00000006 kwasm\n"				\
	"crc kwasm_param_ops_u64 0x00000007 kwasm\n"				\
	"crc kwasm_trap_unreachable 0xfffffffe kwasm\n"				\
	layout									\
	"crc wasi_fd_write 0x00000008 kwasm_wasi\n"
#define LINE_ALT	"alternatives size=12 retpoline=364 its=677 ibt=596\n"
#define HEAD		LINE_VERSION LINE_RELEASE LINE_VERMAGIC LINE_MODULE LINE_PARAM LINE_CONFIG
#define PROFILE		HEAD LINE_ALT LINES_CRC

static char folder[] = "/tmp/test-ko.XXXXXX";

static void make_folder(void)
{
	strcpy(folder, "/tmp/test-ko.XXXXXX");
	if (!mkdtemp(folder))
		HARNESS_FAIL("mkdtemp failed");
}

static void remove_folder(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ASSERT_EQ(0, system(command));
}

/* Make a file in the test's folder, with the folders it is in. */
static void put_file(const char *name, const void *bytes, size_t size)
{
	char path[256], *slash;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	ASSERT_EQ(0, write_whole_file(path, bytes, size));
}

static void put_text(const char *name, const char *text)
{
	put_file(name, text, strlen(text));
}

static const char *in_folder(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static struct profile profile;

/* Read a profile from memory; what was printed is shown from after the path. */
static int read_profile_bytes(const char *text, size_t size)
{
	size_t len;
	int err;

	make_folder();
	put_file("p", text, size);
	profile_destroy(&profile);
	capture_begin();
	err = profile_read(&profile, in_folder("p"));
	capture_end();
	len = strlen(in_folder("p"));
	if (!strncmp(captured, in_folder("p"), len))
		memmove(captured, captured + len, strlen(captured + len) + 1);
	remove_folder();
	return err;
}

static int read_profile(const char *text)
{
	return read_profile_bytes(text, strlen(text));
}

/* ---- profiles ---- */

TEST(profile_is_read)
{
	ASSERT_EQ(0, read_profile("# comments and empty lines mean nothing\n\n" PROFILE));
	ASSERT_STREQ("", captured);
	ASSERT_STREQ("6.1.0-test-amd64", profile.release);
	ASSERT_STREQ("6.1.0-test-amd64 SMP mod_unload modversions ", profile.vermagic);
	ASSERT_EQ(896, profile.this_module_size);
	ASSERT_EQ(64, profile.this_module_align);
	ASSERT_EQ(24, profile.this_module_name);
	ASSERT_EQ(312, profile.this_module_init);
	ASSERT_EQ(848, profile.this_module_exit);
	ASSERT_EQ(40, profile.param_size);
	ASSERT_EQ(32, profile.param_arg);
	ASSERT_TRUE(profile.retpoline);
	ASSERT_TRUE(profile.rethunk);
	ASSERT_FALSE(profile.sls);
	ASSERT_TRUE(profile.modversions);
	ASSERT_EQ(12, profile.nr_crcs);
}

TEST(symbol_of_a_profile_has_crc_and_module)
{
	const struct profile_crc *crc;

	ASSERT_EQ(0, read_profile(PROFILE));
	crc = profile_find_crc(&profile, "kwasm_trap_unreachable");
	ASSERT_TRUE(crc);
	ASSERT_EQ(0xfffffffe, crc->crc);
	ASSERT_STREQ("kwasm", crc->module);
	crc = profile_find_crc(&profile, "module_layout");
	ASSERT_TRUE(crc);
	ASSERT_STREQ("", crc->module);
	ASSERT_TRUE(!profile_find_crc(&profile, "kwasm_trap"));
	ASSERT_TRUE(!profile_find_crc(&profile, "zzz"));
}

TEST(wrong_line_of_a_profile_is_named)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{ "", ": error: line 1: the profile ends too early\n" },
		{ "\x7f" "ELF", ": error: line 1: not a kernel profile: expected 'wasm2ko-profile'\n" },
		{ LINE_RELEASE, ": error: line 1: not a kernel profile: expected 'wasm2ko-profile'\n" },
		{ "wasm2ko-profile 2\n", ": error: line 1: unknown version of the file format: make the profile again with 'make modules'\n" },
		{ LINE_VERSION "release\n", ": error: line 2: expected a kernel release\n" },
		{ LINE_VERSION "release a b\n", ": error: line 2: too much on the line\n" },
		{ LINE_VERSION LINE_RELEASE LINE_RELEASE, ": error: line 3: this kind of line was there before\n" },
		{ LINE_VERSION "vermagic 6.1\n", ": error: line 2: expected a string in double quotes\n" },
		{ LINE_VERSION "vermagic \"6.1\n", ": error: line 2: expected a string in double quotes\n" },
		{ LINE_VERSION "vermagic x\"6.1\"\n", ": error: line 2: expected a string in double quotes\n" },
		{ LINE_VERSION "this_module size=896\n", ": error: line 2: a key is missing\n" },
		{ LINE_VERSION "this_module size\n", ": error: line 2: expected key=value\n" },
		{ LINE_VERSION "this_module size=1 size=1\n", ": error: line 2: unknown or repeated key\n" },
		{ LINE_VERSION "this_module size=-1\n", ": error: line 2: expected a number\n" },
		{ LINE_VERSION "this_module size=4294967297\n", ": error: line 2: expected a number\n" },
		{ LINE_VERSION "this_module size=\n", ": error: line 2: expected a number\n" },
		{ LINE_VERSION "config SLS=maybe\n", ": error: line 2: expected y or n\n" },
		{ LINE_VERSION "config FUNNY=y\n", ": error: line 2: unknown or repeated key\n" },
		{ LINE_VERSION "crc a\n", ": error: line 2: expected a symbol and a hexadecimal number with 0x\n" },
		{ LINE_VERSION "crc\n", ": error: line 2: expected a symbol and a hexadecimal number with 0x\n" },
		{ LINE_VERSION "crc a 12\n", ": error: line 2: expected a symbol and a hexadecimal number with 0x\n" },
		{ LINE_VERSION "crc a 0x123456789\n", ": error: line 2: expected a symbol and a hexadecimal number with 0x\n" },
		{ LINE_VERSION "crc b 0x1\ncrc a 0x1\n", ": error: line 3: symbols must ascend\n" },
		{ LINE_VERSION "crc a 0x1\ncrc a 0x1\n", ": error: line 3: symbols must ascend\n" },
		{ LINE_VERSION "colour green\n", ": error: line 2: unknown kind of line\n" },
		{ LINE_VERSION LINE_RELEASE, ": error: line 3: the profile ends too early\n" },
		{ HEAD LINE_ALT LINE_ALT,
		  ": error: line 8: this kind of line was there before\n" },
		{ HEAD "alternatives size=12\n", ": error: line 7: a key is missing\n" },
		{ HEAD LINES_CRC "alternatives size=13 retpoline=364 its=677 ibt=596\n",
		  ": error: alternatives cannot be right: make the profile again with 'make modules'\n" },
		{ HEAD LINES_CRC "alternatives size=14 retpoline=0 its=677 ibt=596\n",
		  ": error: alternatives cannot be right: make the profile again with 'make modules'\n" },
		{ HEAD, ": error: the crc of module_layout, which is missing, cannot be right: make the profile again with 'make modules'\n" },
		{ LINE_VERSION LINE_RELEASE LINE_VERMAGIC LINE_PARAM LINE_CONFIG LINES_CRC
		  "this_module size=896 align=64 name=24 name_size=56 init=312 exit=889\n",
		  ": error: this_module cannot be right: make the profile again with 'make modules'\n" },
		{ LINE_VERSION LINE_RELEASE LINE_VERMAGIC LINE_MODULE LINE_CONFIG LINES_CRC
		  "kernel_param size=40 name=0 mod=8 ops=16 perm=39 level=26 arg=32\n",
		  ": error: kernel_param cannot be right: make the profile again with 'make modules'\n" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(-EINVAL, read_profile(cases[i].text));
		ASSERT_STREQ(cases[i].message, captured);
	}
}

TEST(profile_with_any_byte_changed_is_read_or_refused)
{
	static const char values[] = { 0, ' ', '\n', '"', '0', '=', (char)0xff };
	char text[] = PROFILE;
	size_t i, k;

	for (i = 0; i < sizeof(text) - 1; i += 3) {
		for (k = 0; k < ARRAY_SIZE(values); k++) {
			char old = text[i];
			int err;

			text[i] = values[k];
			err = read_profile_bytes(text, sizeof(text) - 1);
			text[i] = old;
			ASSERT_TRUE(err == 0 || err == -EINVAL);
			ASSERT_EQ(err != 0, *captured != '\0');
		}
	}
}

TEST(missing_profile_is_an_error)
{
	capture_begin();
	profile_destroy(&profile);
	ASSERT_EQ(-ENOENT, profile_read(&profile, "/nonexistent/p"));
	capture_end();
	ASSERT_STREQ("/nonexistent/p: error: cannot read the kernel profile: No such file or directory\n",
		     captured);
}

/* ---- finding a profile ---- */

static void make_profiles(void)
{
	char *path;

	make_folder();
	put_text("installed/6.1.0-56-amd64.profile", PROFILE);
	put_text("built/6.1.0-56-amd64/profile", PROFILE);
	put_text("built/6.12.117+deb12-amd64/profile", PROFILE);
	put_text("built/6.12.117+deb12-rt-amd64/profile", PROFILE);
	put_text("built/6.12.90+deb12-rt-amd64/profile", PROFILE);
	put_text("built/bin/wasm2ko", "");
	put_text("kbuild/include/generated/utsrelease.h",
		 "#define UTS_RELEASE \"6.12.117+deb12-amd64\"\n");
	put_text("empty/x", "");
	path = xasprintf("%s/installed:%s/nonexistent:%s/built", folder, folder, folder);
	setenv("WASM2KO_PROFILES", path, 1);
	free(path);
}

/* What profile_find() says, from after the folder's path; what it prints otherwise. */
static const char *found(const char *kernel)
{
	static char *path;

	free(path);
	capture_begin();
	path = profile_find(kernel);
	capture_end();
	if (!path)
		return captured;
	return strncmp(path, folder, strlen(folder)) ? path : path + strlen(folder);
}

TEST(profile_is_found_by_release_and_by_the_beginning_of_one)
{
	make_profiles();
	ASSERT_STREQ("/built/6.12.117+deb12-amd64/profile", found("6.12.117+deb12-amd64"));
	ASSERT_STREQ("/built/6.12.117+deb12-amd64/profile", found("6.12"));
	ASSERT_STREQ("/built/6.12.117+deb12-rt-amd64/profile", found("6.12.117-rt"));
	ASSERT_STREQ("/built/6.12.117+deb12-rt-amd64/profile", found("6.12.117+deb12-rt-amd64"));
	/* the first folder goes before */
	ASSERT_STREQ("/installed/6.1.0-56-amd64.profile", found("6.1"));
	ASSERT_STREQ("/installed/6.1.0-56-amd64.profile", found("6.1.0-56"));
	remove_folder();
}

TEST(profile_is_found_by_file_and_folder)
{
	char *path;

	make_profiles();
	ASSERT_STREQ("/installed/6.1.0-56-amd64.profile",
		     found(in_folder("installed/6.1.0-56-amd64.profile")));
	ASSERT_STREQ("/built/6.1.0-56-amd64/profile", found(in_folder("built/6.1.0-56-amd64")));
	ASSERT_STREQ("/built/6.12.117+deb12-amd64/profile", found(in_folder("kbuild")));
	path = xasprintf("wasm2ko: error: %s/empty: neither holds a profile nor is a kbuild folder\n",
			 folder);
	ASSERT_STREQ(path, found(in_folder("empty")));
	free(path);
	path = xasprintf("wasm2ko: error: %s/nothing: No such file or directory\n", folder);
	ASSERT_STREQ(path, found(in_folder("nothing")));
	free(path);
	remove_folder();
}

TEST(unclear_version_lists_what_it_could_be)
{
	make_profiles();
	ASSERT_STREQ("wasm2ko: error: more than one kernel is called 6.12-rt: 6.12.117+deb12-rt-amd64, 6.12.90+deb12-rt-amd64\n",
		     found("6.12-rt"));
	remove_folder();
}

TEST(unknown_version_says_how_to_make_a_profile)
{
	static const char *const unknown[] = { "6.2", "6.1-rt", "bin", "" };
	struct utsname uts;
	size_t i;

	make_profiles();
	ASSERT_STREQ("wasm2ko: error: no profile of kernel 5.10: make one with 'make modules KERNEL=5.10', or with KDIR=<its kbuild folder>, or name another by --kernel\n",
		     found("5.10"));
	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		ASSERT_EQ(0, strncmp(found(unknown[i]), "wasm2ko: error: no profile of kernel", 36));
	/* the running kernel is the default */
	ASSERT_EQ(0, uname(&uts));
	ASSERT_TRUE(strstr(found(NULL), uts.release));
	ASSERT_TRUE(strstr(captured, "'make modules KERNEL=host'"));
	remove_folder();
}

/* ---- the kernel object ---- */

#define IMAGE	"an image"
#define DATA	"data segments"

/* the .ko that was written last, read again */
static struct {
	u8 *bytes;
	size_t size;
	struct object obj;
} ko;

static int write_ko(const char *object, const char *name, bool keep_debug)
{
	static const char *const extra[] = { "wasm2ko=test" };
	const struct ko_params params = {
		.name = name,
		.profile = &profile,
		.description = "a test",
		.modinfo = extra,
		.nr_modinfo = 1,
		.keep_debug = keep_debug,
	};
	const struct ko_app app = {
		.image = IMAGE,
		.image_size = sizeof(IMAGE),
		.data = DATA,
		.data_size = sizeof(DATA),
		.nr_types = 3,
		.nr_calls = 5,
	};
	int err;

	free(ko.bytes);
	ko.bytes = NULL;
	object_destroy(&ko.obj);
	ASSERT_EQ(0, scan_object(object));
	capture_begin();
	err = ko_add_app(&loaded.obj, &loaded.code, &app, &params) ?:
	      ko_write(&loaded.obj, &params, &ko.bytes, &ko.size);
	if (!err && object_read(&ko.obj, "t.ko", ko.bytes, ko.size))
		err = 1;
	capture_end();
	return err;
}

static int write_app(void)
{
	int err = read_profile(PROFILE);

	return err ?: write_ko("app", "my_app", false);
}

static const struct object_section *section(const char *name)
{
	u32 i = object_find_section(&ko.obj, name);

	if (!i)
		HARNESS_FAIL("no section %s", name);
	return &ko.obj.sections[i];
}

/* What the 8 bytes at @offset of a section are made of: "section or symbol + addend" */
static const char *pointer_at(const struct object_section *s, u64 offset)
{
	static char text[128];
	size_t i;

	for (i = 0; i < s->nr_relocs; i++) {
		const struct object_reloc *r = &s->relocs[i];
		const struct object_symbol *sym = &ko.obj.symbols[r->symbol];
		const char *name = sym->name;

		if (r->offset != offset)
			continue;
		if (sym->type == STT_SECTION)
			name = ko.obj.sections[sym->section].name;
		snprintf(text, sizeof(text), "%s %s%+lld", object_reloc_name(r->type) + 9, name,
			 r->addend);
		return text;
	}
	return "none";
}

TEST(modinfo_is_what_the_kernel_and_modinfo_read)
{
	static const char expected[] =
		"parm=args:arguments, separated by blanks; quotes keep blanks\0" "parmtype=args:charp\0"
		"parm=env:environment, NAME=VALUE separated by blanks\0" "parmtype=env:charp\0"
		"parm=dirs:directories the app may use, HOST:GUEST,...\0" "parmtype=dirs:charp\0"
		"parm=fds:descriptors of the inserting process the app may use, OWN:GUEST,...\0"
		"parmtype=fds:charp\0"
		"parm=net:network the app may use: none, all or [in:|out:]tcp|udp:HOST:PORT,...\0"
		"parmtype=net:charp\0"
		"parm=listen:listening sockets the app is given, tcp:HOST:PORT,...\0"
		"parmtype=listen:charp\0"
		"parm=max_memory:bytes of linear memory an instance may have, 0: what it declares\0"
		"parmtype=max_memory:ullong\0"
		"parm=instances:reactors: instances kept from loading on\0" "parmtype=instances:uint\0"
		"parm=run:commands: run once in the inserting process\0" "parmtype=run:bool\0"
		"parm=daemon:commands: run on a kernel thread\0" "parmtype=daemon:bool\0"
		"parm=stack_size:bytes of guest stack, 0: what the app was compiled with\0"
		"parmtype=stack_size:uint\0"
		"license=GPL\0" "description=a test\0" "wasm2ko=test\0" "depends=kwasm,kwasm_wasi\0"
		"retpoline=Y\0" "name=my_app\0"
		"vermagic=6.1.0-test-amd64 SMP mod_unload modversions ";
	const struct object_section *s;

	ASSERT_EQ(0, write_app());
	s = section(".modinfo");
	ASSERT_EQ(SHF_ALLOC, s->flags);
	ASSERT_EQ(sizeof(expected), s->size);
	ASSERT_EQ(0, memcmp(expected, s->data, s->size));
}

TEST(versions_hold_module_layout_first_and_every_undefined_symbol)
{
	const struct object_section *s;
	size_t i, nr_undefined = 0;
	u64 crc;

	ASSERT_EQ(0, write_app());
	s = section("__versions");
	memcpy(&crc, s->data, sizeof(crc));
	ASSERT_EQ(0xabcdef01, crc);
	ASSERT_STREQ("module_layout", (char *)s->data + 8);
	for (i = 1; i < ko.obj.nr_symbols; i++) {
		const struct object_symbol *sym = &ko.obj.symbols[i];
		size_t at;

		if (sym->section)
			continue;
		nr_undefined++;
		for (at = 64; at < s->size && strcmp((char *)s->data + at + 8, sym->name);)
			at += 64;
		if (at >= s->size)
			HARNESS_FAIL("no version of %s", sym->name);
		memcpy(&crc, s->data + at, sizeof(crc));
		ASSERT_EQ(profile_find_crc(&profile, sym->name)->crc, crc);
	}
	ASSERT_EQ(10, nr_undefined);
	ASSERT_EQ(64 * (1 + nr_undefined), s->size);
}

TEST(kernel_without_modversions_gets_no_versions)
{
	ASSERT_EQ(0, read_profile(LINE_VERSION LINE_RELEASE LINE_VERMAGIC LINE_MODULE LINE_PARAM
				  LINES_CRC_WITH("")	/* not exported there */
				  "config RETPOLINE=y RETHUNK=y SLS=n X86_KERNEL_IBT=n MODVERSIONS=n\n"));
	ASSERT_EQ(0, write_ko("app", "my_app", false));
	ASSERT_EQ(0, object_find_section(&ko.obj, "__versions"));
}

TEST(struct_module_has_name_init_and_exit)
{
	const struct object_section *s;

	ASSERT_EQ(0, write_app());
	s = section(".gnu.linkonce.this_module");
	ASSERT_EQ(SHT_PROGBITS, s->type);
	ASSERT_EQ(896, s->size);
	ASSERT_EQ(64, s->align);
	ASSERT_STREQ("my_app", (char *)s->data + 24);
	ASSERT_EQ(2, s->nr_relocs);
	ASSERT_STREQ("64 init_module+0", pointer_at(s, 312));
	ASSERT_STREQ("64 cleanup_module+0", pointer_at(s, 848));
}

TEST(init_and_exit_hand_the_app_to_the_runtime)
{
	static const u8 expected[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0x48, 0xc7, 0xc7, 0, 0, 0, 0,
				       0xe9, 0, 0, 0, 0 };
	const struct object_section *s;

	ASSERT_EQ(0, write_app());
	s = section(".init.text");
	ASSERT_EQ(sizeof(expected), s->size);
	ASSERT_EQ(0, memcmp(expected, s->data, s->size));
	ASSERT_STREQ("32S kwasm_app+0", pointer_at(s, 7));
	ASSERT_STREQ("PLT32 kwasm_app_init-4", pointer_at(s, 12));
	ASSERT_STREQ("PLT32 kwasm_app_exit-4", pointer_at(section(".exit.text"), 12));
}

/* A guest's function called init_module must not become the module's. */
TEST(init_is_ours_and_not_a_guest_function_of_that_name)
{
	const struct object_section *s;
	const struct object_symbol *sym;

	ASSERT_EQ(0, write_app());
	s = section(".gnu.linkonce.this_module");
	sym = &ko.obj.symbols[s->relocs[0].symbol];
	ASSERT_STREQ(".init.text", ko.obj.sections[sym->section].name);
	ASSERT_EQ(STB_GLOBAL, sym->bind);
	sym = &ko.obj.symbols[object_find_symbol(&ko.obj, "init_module.wasm")];
	ASSERT_STREQ(".text", ko.obj.sections[sym->section].name);
	ASSERT_EQ(STB_LOCAL, sym->bind);
}

TEST(kwasm_app_points_to_all_parts)
{
	const struct object_section *s, *rodata;
	const struct object_symbol *sym;
	struct kwasm_app app;
	u64 at;

	ASSERT_EQ(0, write_app());
	s = section(".data");
	rodata = section(".rodata");
	sym = &ko.obj.symbols[object_find_symbol(&ko.obj, "kwasm_app")];
	ASSERT_EQ(sizeof(app), sym->size);
	memcpy(&app, s->data + sym->value, sizeof(app));
	ASSERT_EQ(KWASM_ABI_MAGIC, app.magic);
	ASSERT_EQ(KWASM_ABI_VERSION, app.abi_version);
	ASSERT_EQ(3, app.nr_ex_rows);
	ASSERT_EQ(1, app.run);
	at = sym->value;
	ASSERT_STREQ("64 .text+0", pointer_at(s, at + offsetof(struct kwasm_app, text)));
	ASSERT_STREQ("64 kwasm_type_ids+0", pointer_at(s, at + offsetof(struct kwasm_app, type_ids)));
	ASSERT_STREQ("64 kwasm_calls+0", pointer_at(s, at + offsetof(struct kwasm_app, calls)));
	ASSERT_STREQ("64 __this_module+0", pointer_at(s, at + offsetof(struct kwasm_app, module)));
	ASSERT_STREQ("64 " KWASM_EX_TABLE_SECTION "+0", pointer_at(s, at + offsetof(struct kwasm_app, ex_table)));
	/* .rodata: 1 byte, 8 of a constant, image, data, parameters' names */
	ASSERT_STREQ("64 .rodata+16", pointer_at(s, at + offsetof(struct kwasm_app, image)));
	ASSERT_STREQ(IMAGE, (char *)rodata->data + 16);
	ASSERT_STREQ("64 .rodata+32", pointer_at(s, at + offsetof(struct kwasm_app, data)));
	ASSERT_STREQ(DATA, (char *)rodata->data + 32);
	/* 3 type ids, aligned, and 5 addresses of what is called through tables */
	ASSERT_EQ(16 + 5 * sizeof(u64), section(KWASM_FILLED_SECTION)->size);
}

TEST(exception_table_is_room_for_one_row_per_access)
{
	const struct object_section *s;

	ASSERT_EQ(0, write_app());
	s = section(KWASM_EX_TABLE_SECTION);
	ASSERT_EQ(3 * EXTABLE_ROW_SIZE, s->size);
	ASSERT_EQ(4, s->align);
	ASSERT_EQ(SHT_NOBITS, s->type);
	ASSERT_EQ(SHF_ALLOC | SHF_WRITE | KWASM_SHF_RO_AFTER_INIT, s->flags);
	ASSERT_EQ(0, s->nr_relocs);
}

TEST(what_the_runtime_fills_in_is_room_that_the_code_refers_to)
{
	const struct object_section *s, *text;
	const struct object_symbol *sym;
	size_t i, nr = 0;

	ASSERT_EQ(0, write_app());
	s = section(KWASM_FILLED_SECTION);
	ASSERT_EQ(SHT_NOBITS, s->type);
	ASSERT_EQ(SHF_ALLOC | SHF_WRITE, s->flags);
	ASSERT_EQ(16 + 5 * sizeof(u64), s->size);
	sym = &ko.obj.symbols[object_find_symbol(&ko.obj, "kwasm_calls")];
	ASSERT_EQ(s - ko.obj.sections, sym->section);
	ASSERT_EQ(16, sym->value);
	ASSERT_EQ(5 * sizeof(u64), sym->size);
	sym = &ko.obj.symbols[object_find_symbol(&ko.obj, "kwasm_type_ids")];
	ASSERT_EQ(s - ko.obj.sections, sym->section);
	text = section(".text");
	for (i = 0; i < text->nr_relocs; i++)
		nr += &ko.obj.symbols[text->relocs[i].symbol] == sym;
	ASSERT_EQ(1, nr);
}

TEST(more_accesses_than_the_sled_can_tell_apart_are_refused)
{
	struct code code = { .nr_accesses = ((size_t)KWASM_FIXUP_NR << 16) + 1 };

	ASSERT_EQ(0, write_app());
	capture_begin();
	ASSERT_EQ(-E2BIG, extable_add(&ko.obj, &code));
	capture_end();
	ASSERT_STREQ("t.ko: error: implementation limit: 4194305 memory accesses, at most 4194304 are supported\n",
		     captured);
}

TEST(thunk_sites_are_listed)
{
	const struct object_section *s;
	char expected[64];

	ASSERT_EQ(0, write_app());
	s = section(".return_sites");
	ASSERT_EQ(4, s->size);
	snprintf(expected, sizeof(expected), "PC32 .text+%u", loaded.code.returns[0]);
	ASSERT_STREQ(expected, pointer_at(s, 0));
	s = section(".retpoline_sites");
	ASSERT_EQ(4, s->size);
	snprintf(expected, sizeof(expected), "PC32 .text+%u", loaded.code.retpolines[0]);
	ASSERT_STREQ(expected, pointer_at(s, 0));
}

TEST(thunks_in_code_for_a_kernel_without_them_are_an_internal_error)
{
	ASSERT_EQ(0, read_profile(LINE_VERSION LINE_RELEASE LINE_VERMAGIC LINE_MODULE LINE_PARAM
				  LINES_CRC
				  "config RETPOLINE=y RETHUNK=n SLS=n X86_KERNEL_IBT=n MODVERSIONS=y\n"));
	ASSERT_EQ(-EINVAL, write_ko("app", "my_app", false));
	ASSERT_STREQ("app.o: error: internal error: code uses thunks that kernel 6.1.0-test-amd64 is configured without\n",
		     captured);
}

TEST(parameters_are_rows_of_struct_kernel_param)
{
	static const char *const names[] = { "args", "env", "dirs", "fds", "net", "listen", "max_memory",
					     "instances", "run", "daemon", "stack_size" };
	static const char *const ops[] = { "string", "string", "string", "string", "string", "string",
					   "u64", "u32", "bool", "bool", "u32" };
	const struct object_section *s, *rodata;
	size_t i;

	ASSERT_EQ(0, write_app());
	s = section("__param");
	rodata = section(".rodata");
	ASSERT_EQ(11 * 40, s->size);
	for (i = 0; i < 11; i++) {
		char expected[64];
		unsigned int at;
		u16 perm;

		ASSERT_EQ(1, sscanf(pointer_at(s, i * 40), "64 .rodata+%u", &at));
		ASSERT_STREQ(names[i], (char *)rodata->data + at);
		ASSERT_STREQ("64 __this_module+0", pointer_at(s, i * 40 + 8));
		snprintf(expected, sizeof(expected), "64 kwasm_param_ops_%s+0", ops[i]);
		ASSERT_STREQ(expected, pointer_at(s, i * 40 + 16));
		memcpy(&perm, s->data + i * 40 + 24, sizeof(perm));
		ASSERT_EQ(0444, perm);
		ASSERT_EQ(1, sscanf(pointer_at(s, i * 40 + 32), "64 kwasm_app+%u", &at));
		ASSERT_TRUE(at >= offsetof(struct kwasm_app, args));
	}
}

TEST(function_names_are_one_word_for_kallsyms)
{
	u32 i;

	ASSERT_EQ(0, write_app());
	i = object_find_symbol(&ko.obj, "main_$x_y");
	ASSERT_NE(0, i);
	ASSERT_EQ(STT_FUNC, ko.obj.symbols[i].type);
	ASSERT_NE(0, ko.obj.symbols[i].size);
	ASSERT_EQ(STB_LOCAL, ko.obj.symbols[i].bind);
}

TEST(debug_sections_are_kept_only_when_asked_for)
{
	size_t without;

	ASSERT_EQ(0, write_app());
	ASSERT_EQ(0, object_find_section(&ko.obj, ".debug_line"));
	without = ko.size;
	ASSERT_EQ(0, write_ko("app", "my_app", true));
	ASSERT_NE(0, object_find_section(&ko.obj, ".debug_line"));
	ASSERT_TRUE(ko.size > without);
}

TEST(same_input_gives_the_same_bytes)
{
	size_t size;
	u8 *first;

	ASSERT_EQ(0, write_app());
	size = ko.size;
	first = ko.bytes;
	ko.bytes = NULL;
	ASSERT_EQ(0, write_app());
	ASSERT_EQ(size, ko.size);
	ASSERT_EQ(0, memcmp(first, ko.bytes, size));
	free(first);
}

TEST(small_app_makes_a_small_file)
{
	ASSERT_EQ(0, write_app());
	ASSERT_TRUE(ko.size < 8192);
}

TEST(symbol_that_the_profile_does_not_know_is_an_error)
{
	char *expected;

	ASSERT_EQ(0, read_profile(HEAD LINES_KERNEL "crc kwasm_app_exit 0x1 kwasm\n"
				  "crc kwasm_app_init 0x1 kwasm\n"
				  "crc kwasm_fault_fixup 0x1 kwasm\n"
				  "crc kwasm_param_ops_bool 0x1 kwasm\n"
				  "crc kwasm_param_ops_string 0x1 kwasm\n"
				  "crc kwasm_param_ops_u32 0x1 kwasm\n"
				  "crc kwasm_param_ops_u64 0x1 kwasm\n"
				  "crc kwasm_trap_unreachable 0x1 kwasm\n" "crc module_layout 0x1\n"));
	ASSERT_EQ(-ENOENT, write_ko("app", "my_app", false));
	expected = xasprintf("%s: error: kernel 6.1.0-test-amd64 with its kwasm.ko exports no 'wasi_fd_write': build the modules again with 'make modules'\n",
			     profile.path);
	ASSERT_STREQ(expected, captured);
	free(expected);
}

TEST(module_name_must_fit_struct_module)
{
	ASSERT_EQ(0, read_profile(PROFILE));
	ASSERT_EQ(0, write_ko("app", "n23456789012345678901234567890123456789012345678901234_", false));
	ASSERT_EQ(-ENAMETOOLONG,
		  write_ko("app", "n23456789012345678901234567890123456789012345678901234_6", false));
	ASSERT_STREQ("app.o: error: module name 'n23456789012345678901234567890123456789012345678901234_6' is too long: 1 to 55 characters are possible\n",
		     captured);
	ASSERT_EQ(-ENAMETOOLONG, write_ko("app", "", false));
}

TEST(module_name_comes_from_the_file_name)
{
	static const char *const cases[][2] = {
		{ "a.ko", "a" },
		{ "/some/where.x/my-app.v2.ko", "my_app_v2" },
		{ "caf\xc3\xa9", "caf__" },
		{ ".ko", "" },
		{ "dir/", "" },
		{ "x.ko.ko", "x_ko" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char *name = modinfo_name(cases[i][0]);

		ASSERT_STREQ(cases[i][1], name);
		free(name);
	}
}

/* ---- making a profile ---- */

/* A kbuild folder and a kwasm.ko, which is one of our own. */
static void make_build(const char *symvers, const char *conf)
{
	ASSERT_EQ(0, read_profile(PROFILE));
	ASSERT_EQ(0, write_ko("app", "kwasm", false));
	make_folder();
	put_file("build/kwasm.ko", ko.bytes, ko.size);
	put_text("build/Module.symvers",
		 "0x00000001\tkwasm_app_exit\t/some/where/kruntime/kwasm\tEXPORT_SYMBOL_GPL\t\n"
		 "0x00000002\tkwasm_app_init\tkruntime/kwasm\tEXPORT_SYMBOL_GPL\t\n"
		 "0x0000000a\tplat_free\tkruntime/kwasm\tEXPORT_SYMBOL_GPL\t\n"
		 "0x00000003\tkwasm_fault_fixup\tkwasm\tEXPORT_SYMBOL_GPL\t\n"
		 "0x00000008\twasi_fd_write\twasi-kernel/kwasm-wasi\tEXPORT_SYMBOL_GPL\t\n"
		 "0x00000004\tkwasm_param_ops_bool\tkwasm\tEXPORT_SYMBOL_GPL\t\n"
		 "0x00000005\tkwasm_param_ops_string\tkwasm\tEXPORT_SYMBOL_GPL\t\n"
		 "0x00000006\tkwasm_param_ops_u32\tkwasm\tEXPORT_SYMBOL_GPL\t\n"
		 "0x00000007\tkwasm_param_ops_u64\tkwasm\tEXPORT_SYMBOL_GPL\t\n"
		 "0xfffffffe\tkwasm_trap_unreachable\tkwasm\tEXPORT_SYMBOL_GPL\t\n");
	put_text("kdir/Module.symvers", symvers);
	put_text("kdir/include/config/auto.conf", conf);
}

static int make_profile(void)
{
	char *build = xasprintf("%s/build", folder), *kdir = xasprintf("%s/kdir", folder);
	int err;

	capture_begin();
	err = profile_create(build, kdir, in_folder("profile"));
	capture_end();
	free(build);
	free(kdir);
	return err;
}

#define SYMVERS								\
	"0xabcdef01\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"			\
	"0x22222222\t__x86_return_thunk\tvmlinux\tEXPORT_SYMBOL\t\n"		\
	"0x33333333\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n"			\
	"0x11111111\t__x86_indirect_thunk_r11\tvmlinux\tEXPORT_SYMBOL\t\n"

#define CONF	"CONFIG_MODVERSIONS=y\nCONFIG_RETPOLINE=y\nCONFIG_MITIGATION_RETHUNK=y\nCONFIG_NOSLS=y\n"

TEST(profile_made_of_a_kwasm_ko_is_the_kernel_it_was_written_for)
{
	size_t size;
	u8 *bytes;

	make_build(SYMVERS, CONF);
	ASSERT_EQ(0, make_profile());
	ASSERT_EQ(0, file_read(in_folder("profile"), &bytes, &size));
	ASSERT_STREQ(LINE_VERSION
		     "# what wasm2ko must know of this kernel and its kwasm.ko; made by 'make modules'\n"
		     LINE_RELEASE LINE_VERMAGIC LINE_MODULE LINE_PARAM LINE_CONFIG LINES_CRC,
		     (char *)bytes);
	free(bytes);
	remove_folder();
}

TEST(profile_of_modules_built_for_another_kernel_is_refused)
{
	make_build("0x00000bad\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n", CONF);
	ASSERT_EQ(-EINVAL, make_profile());
	ASSERT_TRUE(strstr(captured, "kwasm.ko: error: cannot make a profile of it: it was built for another kernel than --kdir's"));
	ASSERT_NE(0, access(in_folder("profile"), F_OK));
	remove_folder();
}

TEST(profile_needs_the_kernels_headers)
{
	make_build(SYMVERS, CONF);
	ASSERT_EQ(0, unlink(in_folder("kdir/include/config/auto.conf")));
	ASSERT_EQ(-ENOENT, make_profile());
	ASSERT_TRUE(strstr(captured, "auto.conf: error: No such file or directory: not a configured kbuild folder"));
	ASSERT_EQ(0, unlink(in_folder("build/kwasm.ko")));
	ASSERT_EQ(-ENOENT, make_profile());
	ASSERT_TRUE(strstr(captured, "kwasm.ko: error: No such file or directory: build it first"));
	remove_folder();
}

TEST(profile_of_something_else_than_kwasm_ko_is_refused)
{
	size_t size;
	u8 *bytes = read_object_file("app", &size);

	make_build(SYMVERS, CONF);
	put_file("build/kwasm.ko", bytes, size);
	free(bytes);
	ASSERT_EQ(-EINVAL, make_profile());
	ASSERT_TRUE(strstr(captured, "kwasm.ko: error: cannot make a profile of it: no section .gnu.linkonce.this_module"));
	remove_folder();
}

TEST_MAIN()
