/*
 * What the profiler's tests share: a scratch folder, one-number queries, and a small model whose step has one of
 * everything: an input conversion, fused operators, a silent conversion, a conversion inside an operator, a backward
 * operator with two conversions by one kernel, an operator without kernels. Times are made up, so every row is known.
 */
#ifndef TESTS_PROFILER_SUPPORT_TRACE_H
#define TESTS_PROFILER_SUPPORT_TRACE_H

#include <sqlite3.h>

#include "profiler/recorder.h"

/* Rows that one step of the small model leaves. */
enum { STEP_OPS = 8, STEP_KERNELS = 7, STEP_CONVERSIONS = 5, STEP_LENGTH_NS = 10000 };

/* The declared numbers, in the order in which they run. */
struct small_model {
    int module;
    int to, convolution, norm, relu, upsample, group_norm, backward, optimizer; /* norm and relu are fused */
    int k_to, k_convolution, k_upsample, k_convert, k_group_norm, k_backward, k_backward_weights;
};

/* A path in a new folder of this process; removed by scratch_clear. */
const char *scratch_path(const char *name);
void scratch_clear(void);

/* First column of the first row; stops the test on an error or no row. */
int64_t query_int(sqlite3 *db, const char *sql);
const char *query_text(sqlite3 *db, const char *sql); /* "NULL" for NULL; valid until the next call */

/* Opens, and stops the test with the message when that fails. */
sqlite3 *open_or_stop(const char *path);

/* SQLite's integrity_check and every query of checks.sql. */
void expect_sound(sqlite3 *db);

/* Every committed step has all its rows, and the steps are 0..n-1. Returns n. */
int64_t expect_whole_steps(sqlite3 *db);

struct recorder *start_recorder(const char *path);
struct recorder *start_recorder_on(const char *path, const char *device);
void declare_small_model(const struct observer *observer, struct small_model *model);

/* Tells step `index` from start_ns, STEP_LENGTH_NS long; loss = index / 2. */
void run_small_step(const struct observer *observer, const struct small_model *model, int64_t index, int64_t start_ns);

#endif
