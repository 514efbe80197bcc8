/* What the tests of parity share. */
#ifndef TESTS_PARITY_MUST_H
#define TESTS_PARITY_MUST_H

#include <check.h>

#include "base/status.h"

/* Fails the test with the status' line when it is not STATUS_OK. */
static inline void must(enum status status)
{
    ck_assert_msg(status == STATUS_OK, "%s", status_message());
}

#endif
