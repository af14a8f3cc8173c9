/* SPDX-License-Identifier: GPL-2.0 */
/*
 * WASI preview1: one row per call, shared by the compiler (which checks an
 * import's type against it and binds it) and by kwasm_wasi.ko (which provides
 * it). Signature letters: v nothing, i i32, I i64. Source: WASI preview1 witx.
 *
 * WASI_CALL(name, result, params)	a call that kwasm_wasi.ko provides as wasi_<name>
 * WASI_NOSYS(name, result, params)	known, returns ENOSYS; wasm2ko warns at import
 *
 * wasi_unstable (snapshot 0) has the same calls but sock_accept; those that
 * differ in values or layout are marked WASI_CALL0 and provided twice, the
 * second time as wasi_unstable_<name>.
 */
#ifndef WASI_CALL0
#define WASI_CALL0(name, result, params) WASI_CALL(name, result, params)
#endif

WASI_CALL(args_get, "i", "ii")
WASI_CALL(args_sizes_get, "i", "ii")
WASI_CALL(environ_get, "i", "ii")
WASI_CALL(environ_sizes_get, "i", "ii")
WASI_CALL(clock_res_get, "i", "ii")
WASI_CALL(clock_time_get, "i", "iIi")
WASI_CALL(fd_advise, "i", "iIIi")
WASI_CALL(fd_allocate, "i", "iII")
WASI_CALL(fd_close, "i", "i")
WASI_CALL(fd_datasync, "i", "i")
WASI_CALL(fd_fdstat_get, "i", "ii")
WASI_CALL(fd_fdstat_set_flags, "i", "ii")
WASI_CALL(fd_fdstat_set_rights, "i", "iII")
WASI_CALL0(fd_filestat_get, "i", "ii")
WASI_CALL(fd_filestat_set_size, "i", "iI")
WASI_CALL(fd_filestat_set_times, "i", "iIIi")
WASI_CALL(fd_pread, "i", "iiiIi")
WASI_CALL(fd_prestat_get, "i", "ii")
WASI_CALL(fd_prestat_dir_name, "i", "iii")
WASI_CALL(fd_pwrite, "i", "iiiIi")
WASI_CALL(fd_read, "i", "iiii")
WASI_CALL(fd_readdir, "i", "iiiIi")
WASI_CALL(fd_renumber, "i", "ii")
WASI_CALL0(fd_seek, "i", "iIii")
WASI_CALL(fd_sync, "i", "i")
WASI_CALL(fd_tell, "i", "ii")
WASI_CALL(fd_write, "i", "iiii")
WASI_CALL(path_create_directory, "i", "iii")
WASI_CALL0(path_filestat_get, "i", "iiiii")
WASI_CALL(path_filestat_set_times, "i", "iiiiIIi")
WASI_CALL(path_link, "i", "iiiiiii")
WASI_CALL(path_open, "i", "iiiiiIIii")
WASI_CALL(path_readlink, "i", "iiiiii")
WASI_CALL(path_remove_directory, "i", "iii")
WASI_CALL(path_rename, "i", "iiiiii")
WASI_CALL(path_symlink, "i", "iiiii")
WASI_CALL(path_unlink_file, "i", "iii")
WASI_CALL0(poll_oneoff, "i", "iiii")
WASI_CALL(proc_exit, "v", "i")
WASI_CALL(proc_raise, "i", "i")
WASI_CALL(sched_yield, "i", "")
WASI_CALL(random_get, "i", "ii")
WASI_CALL(sock_accept, "i", "iii")
WASI_CALL(sock_recv, "i", "iiiiii")
WASI_CALL(sock_send, "i", "iiiii")
WASI_CALL(sock_shutdown, "i", "ii")

#undef WASI_CALL
#undef WASI_CALL0
#undef WASI_NOSYS
