/*
 * What `clprof layouts` measures of one model: training steps in three layouts and two precisions, interleaved, and the
 * conversions of each, from two recorded steps.
 */
#ifndef COMMANDS_LAYOUTS_MEASURE_H
#define COMMANDS_LAYOUTS_MEASURE_H

#include "analysis/verification.h"
#include "commands/train_setup.h"

/*
 * contiguous     clprof's plain contiguous training: convolutions convert around a channels_last kernel
 * channels_last  model and batch in channels_last
 * blocked        contiguous, convolutions in the formats that oneDNN chooses for itself, reordered into and out of around
 *                each one, as PyTorch's CPU convolutions do (the back end "cpu-blocked")
 */
enum layout { LAYOUT_CONTIGUOUS, LAYOUT_CHANNELS_LAST, LAYOUT_BLOCKED, LAYOUT_COUNT };

struct layouts_row {
    const char *model, *dtype, *layout; /* dtype: "float32", or autocast's */
    double images_per_s;
    struct stats_interval speed_up_percent; /* over contiguous in the same precision; NAN there */
    double conversions, conversion_ms, round_trips; /* per step */
    char *verdict; /* "thrash: aten::native_group_norm", else "clean"; owned */
};

struct layouts_config {
    struct train_options training; /* model options; its formats and precision are overridden */
    int warmup, rounds;
};

/* Appends rows[LAYOUT_COUNT] of one precision. The rows' verdicts are the caller's to free. */
enum status layouts_measure(const struct layouts_config *config, const char *model, bool autocast,
                            struct layouts_row rows[LAYOUT_COUNT]);

#endif
