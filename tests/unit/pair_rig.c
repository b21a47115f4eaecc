/* Makes certificates and keys by OpenSSL, as a test wants them. */
#include "pair_rig.h"

#include <dirent.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

int
pair_rig_set_up(void **state)
{
	struct pair_rig *rig = calloc(1, sizeof(*rig));

	strcpy(rig->folder, "/tmp/hubbub-pairs-XXXXXX");
	if (mkdtemp(rig->folder) == NULL)
		return -1;
	rig->key = EVP_EC_gen("P-256");
	rig->other = EVP_EC_gen("P-256");
	*state = rig;
	return 0;
}

int
pair_rig_tear_down(void **state)
{
	struct pair_rig *rig = *state;
	DIR *folder = opendir(rig->folder);
	struct dirent *entry;

	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.')
			unlink(pair_rig_path(rig, entry->d_name));
	}
	closedir(folder);
	rmdir(rig->folder);
	EVP_PKEY_free(rig->key);
	EVP_PKEY_free(rig->other);
	free(rig);
	return 0;
}

const char *
pair_rig_path(struct pair_rig *rig, const char *name)
{
	snprintf(rig->path, sizeof(rig->path), "%.60s/%.60s", rig->folder, name);
	return rig->path;
}

static FILE *
open_to_append(struct pair_rig *rig, const char *name)
{
	FILE *file = fopen(pair_rig_path(rig, name), "a");

	assert_non_null(file);
	return file;
}

void
pair_rig_certificate(
    struct pair_rig *rig, const char *name, EVP_PKEY *key, int64_t from_s, int64_t until_s)
{
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_NAME_new();
	FILE *file = open_to_append(rig, name);

	assert_true(X509_NAME_add_entry_by_txt(
	    subject, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0));
	assert_true(X509_set_version(certificate, X509_VERSION_3));
	assert_true(ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), until_s));
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(certificate), from_s));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(certificate), until_s));
	assert_true(X509_set_subject_name(certificate, subject));
	assert_true(X509_set_issuer_name(certificate, subject));
	assert_true(X509_set_pubkey(certificate, key));
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	assert_true(PEM_write_X509(file, certificate));
	fclose(file);
	X509_NAME_free(subject);
	X509_free(certificate);
}

void
pair_rig_key(struct pair_rig *rig, const char *name, EVP_PKEY *key, const char *phrase, mode_t mode)
{
	FILE *file = fopen(pair_rig_path(rig, name), "w");
	const EVP_CIPHER *cipher = phrase == NULL ? NULL : EVP_aes_128_cbc();

	assert_non_null(file);
	assert_true(
	    PEM_write_PrivateKey(file, key, cipher, NULL, 0, NULL, (void *)(uintptr_t)phrase));
	fclose(file);
	assert_int_equal(chmod(rig->path, mode), 0);
}

void
pair_rig_text(struct pair_rig *rig, const char *name, const char *text)
{
	FILE *file = open_to_append(rig, name);

	fputs(text, file);
	fclose(file);
}
