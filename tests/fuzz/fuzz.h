/*
 * What a fuzzer is: one function that must survive any bytes. Include this and "common/..." or the
 * module's header; end the process (assert, abort) only for a broken promise of the module.
 */
#ifndef HUBBUB_TESTS_FUZZ_FUZZ_H
#define HUBBUB_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry; `bytes` is exactly `length` long. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#endif
