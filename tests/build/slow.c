/* For check_perturbed.sh: a suite of one test that fails when airrt_err_str() is slow, in any of its first calls. */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include "../airrt_test.h"

START_TEST(calls_are_quick) {
    for (int i = 0; i < 16; i++) {
        uint64_t begun = airrt_test_now_ns();
        ck_assert_ptr_nonnull(airrt_err_str(AIRRT_OK));
        ck_assert_uint_lt(airrt_test_now_ns() - begun, AIRRT_MS(3));
    }
} END_TEST

START_TEST(always_passes) {
    ck_assert_ptr_nonnull(airrt_err_str(AIRRT_OK));
} END_TEST

SUITE("slow", 10, calls_are_quick, always_passes);
