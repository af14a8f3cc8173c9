// SPDX-License-Identifier: GPL-2.0
//
// v8.mjs - a WASI command in V8, through node's own WASI
//
//	node --no-warnings --no-liftoff v8.mjs APP.wasm
//
// Without Liftoff everything is compiled by TurboFan before it runs, so that no
// time of the baseline compiler's code is counted against V8.
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const wasi = new WASI({ version: 'preview1', args: ['app'], env: {}, preopens: {} });
const module = new WebAssembly.Module(readFileSync(process.argv[2]));

// called by V8 itself, without JavaScript, node's functions abort in some programs (node 20.20)
const imports = wasi.getImportObject();
for (const calls of Object.values(imports))
	for (const [name, call] of Object.entries(calls))
		calls[name] = (...args) => call(...args);

process.exitCode = wasi.start(new WebAssembly.Instance(module, imports));
