/* SPDX-License-Identifier: GPL-2.0 */
/* sign.h - signatures of kernel objects, as kernels with CONFIG_MODULE_SIG check them */
#ifndef _BACKEND_X86_SIGN_H
#define _BACKEND_X86_SIGN_H

#include "../include/types.h"

struct signer;

/**
 * signer_create() - Read what a signature is made with
 * @key_path: private key, PEM. Encrypted: the environment's KBUILD_SIGN_PIN decrypts it
 * @cert_path: its certificate, X.509, PEM or DER
 * @signer: out
 *
 * Return: 0; -ENOENT if libcrypto is not installed, -errno if a file cannot be read,
 * -EINVAL if it holds something else or they do not belong together; all diagnosed.
 */
int signer_create(const char *key_path, const char *cert_path, struct signer **signer);
void signer_destroy(struct signer *signer);

/**
 * signer_append() - Sign a kernel object
 * @signer: who does
 * @ko: its bytes; the signature is appended, so they may move
 * @size: of them
 *
 * Return: 0; -EINVAL (diagnosed) if this kind of key cannot sign so.
 */
int signer_append(struct signer *signer, u8 **ko, size_t *size);

#endif /* _BACKEND_X86_SIGN_H */
