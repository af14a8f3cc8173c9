// SPDX-License-Identifier: GPL-2.0
/*
 * What kbuild wants of a module, and an app's parameters. No code: all of it is in app.S.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include "kwasm_abi.h"

extern struct kwasm_app kwasm_app;
extern const struct kernel_param_ops kwasm_param_ops_string, kwasm_param_ops_u64,
				     kwasm_param_ops_u32, kwasm_param_ops_bool;

module_param_cb(args, &kwasm_param_ops_string, &kwasm_app.args, 0444);
module_param_cb(env, &kwasm_param_ops_string, &kwasm_app.env, 0444);
module_param_cb(dirs, &kwasm_param_ops_string, &kwasm_app.dirs, 0444);
module_param_cb(max_memory, &kwasm_param_ops_u64, &kwasm_app.max_memory, 0444);
module_param_cb(instances, &kwasm_param_ops_u32, &kwasm_app.instances, 0444);
module_param_cb(stack_size, &kwasm_param_ops_u32, &kwasm_app.stack_size, 0444);
module_param_cb(run, &kwasm_param_ops_bool, &kwasm_app.run, 0444);

MODULE_DESCRIPTION("Hand-written app that looks after every register");
MODULE_LICENSE("GPL");
