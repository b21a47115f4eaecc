/*
 * The keys of tokens in a gateway's process: read at its start and again by reloads. Who may come
 * in with them is auth.c's.
 */
#include "common/random.h"
#include "common/token_files.h"
#include "gateway/gateway_private.h"

/* The files were checked before, but one may have become another since. */
bool
gateway_create_auth(struct gateway *gateway, char *error, size_t error_size)
{
	const struct auth_setup setup = {
		.config = &gateway->config->auth,
		.random = random_system(),
		.metrics = gateway->metrics,
		.log = gateway->log,
	};
	struct config_mistakes mistakes = { .count = 0 };
	struct token_keys keys;

	gateway->auth = auth_create(&setup);
	if (gateway->auth == NULL || !token_files_read(&gateway->config->auth, &keys, &mistakes)) {
		config_mistakes_first(&mistakes, error, error_size);
		return false;
	}
	auth_set(gateway->auth, &gateway->config->auth, &keys);
	return true;
}

bool
gateway_prepare_auth(void *context, const struct config *fresh, struct config_mistakes *mistakes)
{
	struct gateway *gateway = context;

	return token_files_read(&fresh->auth, &gateway->fresh_keys, mistakes);
}

/* Who is in stays in, also by a key that is gone. */
void
gateway_commit_auth(void *context, const struct config *config)
{
	struct gateway *gateway = context;

	auth_set(gateway->auth, &config->auth, &gateway->fresh_keys);
}

void
gateway_abandon_auth(void *context)
{
	struct gateway *gateway = context;

	token_keys_free(&gateway->fresh_keys);
}
