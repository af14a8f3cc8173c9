// SPDX-License-Identifier: GPL-2.0
/* wasm2c-main.c - enter a WASI command that wasm2c turned into C */
#include <stdio.h>

#include "app.h"
#include "wasm-rt-impl.h"

extern wasm_rt_memory_t *wasi_memory;

int main(void)
{
	static Z_app_instance_t app;
	wasm_rt_trap_t trap;

	wasm_rt_init();
	Z_app_init_module();
	Z_app_instantiate(&app, NULL);
	wasi_memory = Z_appZ_memory(&app);
	trap = wasm_rt_impl_try();
	if (trap) {
		fprintf(stderr, "trap: %s\n", wasm_rt_strerror(trap));
		return 134;
	}
	Z_appZ__start(&app);
	return 0;
}
