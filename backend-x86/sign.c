// SPDX-License-Identifier: GPL-2.0
/*
 * sign.c - a signature behind the kernel object
 *
 * What the kernel's own scripts/sign-file appends (linux/module_signature.h,
 * "kernel module signing facility"): a PKCS#7 message over all bytes before it, without
 * those bytes, certificates and attributes; its length; a line by which it is found.
 *
 * libcrypto is loaded when a signature is asked for, not linked: starting every
 * compilation would take longer.
 */
#include <dlfcn.h>
#include <errno.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/diag.h"
#include "../compiler/util.h"
#include "sign.h"

#define LIBRARY	"libcrypto.so.3"

/* the functions used, by the types that the headers give them */
#define CRYPTO_FUNCTIONS(F)			\
	F(BIO_new)				\
	F(BIO_new_mem_buf)			\
	F(BIO_s_mem)				\
	F(BIO_ctrl)				\
	F(BIO_free)				\
	F(PEM_read_bio_PrivateKey)		\
	F(PEM_read_bio_X509)			\
	F(d2i_X509_bio)				\
	F(X509_check_private_key)		\
	F(X509_free)				\
	F(EVP_PKEY_free)			\
	F(EVP_sha256)				\
	F(CMS_sign)				\
	F(CMS_add1_signer)			\
	F(CMS_final)				\
	F(CMS_ContentInfo_free)			\
	F(i2d_CMS_bio)				\
	F(ERR_peek_last_error)			\
	F(ERR_reason_error_string)		\
	F(ERR_clear_error)

struct signer {
#define F(name) __typeof__(&name) name;
	CRYPTO_FUNCTIONS(F)
#undef F
	EVP_PKEY *key;
	X509 *cert;
};

/* struct module_signature of linux/module_signature.h; the kernel wants 0 in all other members */
struct trailer {
	u8 algo, hash;
	u8 id_type;
	u8 signer_len, key_id_len;
	u8 pad[3];
	u8 sig_len[4];		/* big-endian */
	char magic[28];
};

#define ID_PKCS7	2
#define MAGIC		"~Module signature appended~\n"

static int load(struct signer *s)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		diag_tool_error("--sign: %s; install the package 'libssl3'", dlerror());
		return -ENOENT;
	}
#define F(name) \
	*(void **)&s->name = dlsym(library, #name); \
	if (!s->name) { \
		diag_tool_error("--sign: this %s has no %s()", LIBRARY, #name); \
		return -ENOENT; \
	}
	CRYPTO_FUNCTIONS(F)
#undef F
	return 0;
}

static const char *reason(struct signer *s)
{
	const char *text = s->ERR_reason_error_string(s->ERR_peek_last_error());

	s->ERR_clear_error();
	return text ? text : "unknown error";
}

static int passphrase(char *buf, int size, int for_writing, void *asked)
{
	const char *pin = getenv("KBUILD_SIGN_PIN");
	size_t len = pin ? strlen(pin) : 0;

	*(bool *)asked = true;
	if (!pin || len > (size_t)size)
		return -1;
	memcpy(buf, pin, len);
	return len;
}

/* the content of a small file as libcrypto reads it; @bytes is to be freed after it */
static int open_file(struct signer *s, const char *path, u8 **bytes, BIO **bio)
{
	size_t size;
	int err = file_read(path, bytes, &size);

	if (err) {
		diag_file_error(path, "cannot read it: %s", strerror(-err));
		return err;
	}
	if (size > 1u << 20) {
		diag_file_error(path, "too large for a key or a certificate");
		free(*bytes);
		return -EINVAL;
	}
	*bio = s->BIO_new_mem_buf(*bytes, size);
	if (!*bio)
		diag_bug("libcrypto: %s", reason(s));
	return 0;
}

static int read_key(struct signer *s, const char *path)
{
	bool encrypted = false;
	u8 *bytes;
	BIO *bio;
	int err = open_file(s, path, &bytes, &bio);

	if (err)
		return err;
	s->key = s->PEM_read_bio_PrivateKey(bio, NULL, passphrase, &encrypted);
	if (!s->key && encrypted && !getenv("KBUILD_SIGN_PIN"))
		diag_file_error(path, "the key is encrypted, and KBUILD_SIGN_PIN is not set");
	else if (!s->key)
		diag_file_error(path, "not a private key in PEM format%s: %s",
				encrypted ? ", or KBUILD_SIGN_PIN is wrong" : "", reason(s));
	s->BIO_free(bio);
	free(bytes);
	return s->key ? 0 : -EINVAL;
}

static int read_cert(struct signer *s, const char *path)
{
	u8 *bytes;
	BIO *bio;
	int err = open_file(s, path, &bytes, &bio);

	if (err)
		return err;
	/* DER begins with the tag of a sequence, PEM with text */
	s->cert = bytes[0] == 0x30 ? s->d2i_X509_bio(bio, NULL) :
		  s->PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (!s->cert)
		diag_file_error(path, "not an X.509 certificate in PEM or DER format: %s", reason(s));
	s->BIO_free(bio);
	free(bytes);
	return s->cert ? 0 : -EINVAL;
}

int signer_create(const char *key_path, const char *cert_path, struct signer **signer)
{
	struct signer *s = xcalloc(1, sizeof(*s));
	int err = load(s);

	if (err) {
		free(s);
		return err;
	}
	err = read_key(s, key_path);
	if (!err)
		err = read_cert(s, cert_path);
	if (!err && !s->X509_check_private_key(s->cert, s->key)) {
		diag_file_error(cert_path, "the certificate is not that of the key '%s'", key_path);
		err = -EINVAL;
	}
	if (err) {
		signer_destroy(s);
		s = NULL;
	}
	*signer = s;
	return err;
}

void signer_destroy(struct signer *s)
{
	if (!s)
		return;
	s->X509_free(s->cert);
	s->EVP_PKEY_free(s->key);
	free(s);
}

static void append(u8 **ko, size_t *size, const void *bytes, size_t nr)
{
	*ko = xrealloc(*ko, *size + nr);
	memcpy(*ko + *size, bytes, nr);
	*size += nr;
}

/* the message in DER, of all bytes of @content */
static bool make_message(struct signer *s, BIO *content, BIO *message)
{
	const unsigned int detached = CMS_NOCERTS | CMS_BINARY | CMS_DETACHED;
	CMS_ContentInfo *cms = s->CMS_sign(NULL, NULL, NULL, NULL, detached | CMS_PARTIAL | CMS_STREAM);
	bool good;

	good = cms && s->CMS_add1_signer(cms, s->cert, s->key, s->EVP_sha256(),
					 CMS_NOCERTS | CMS_BINARY | CMS_NOSMIMECAP | CMS_NOATTR) &&
	       s->CMS_final(cms, content, NULL, CMS_NOCERTS | CMS_BINARY) &&
	       s->i2d_CMS_bio(message, cms);
	s->CMS_ContentInfo_free(cms);
	return good;
}

int signer_append(struct signer *s, u8 **ko, size_t *size)
{
	struct trailer trailer = { .id_type = ID_PKCS7 };
	BIO *content = s->BIO_new_mem_buf(*ko, *size), *message = s->BIO_new(s->BIO_s_mem());
	char *bytes;
	long nr;
	int i;

	if (!content || !message)
		diag_bug("libcrypto: %s", reason(s));
	if (!make_message(s, content, message)) {
		diag_tool_error("--sign: this key cannot sign a kernel module: %s", reason(s));
		s->BIO_free(content);
		s->BIO_free(message);
		return -EINVAL;
	}
	nr = s->BIO_ctrl(message, BIO_CTRL_INFO, 0, &bytes);
	for (i = 0; i < 4; i++)
		trailer.sig_len[i] = nr >> (24 - 8 * i);
	memcpy(trailer.magic, MAGIC, sizeof(trailer.magic));
	append(ko, size, bytes, nr);
	append(ko, size, &trailer, sizeof(trailer));
	s->BIO_free(content);
	s->BIO_free(message);
	return 0;
}
