/*
 * MixedPrecision: autocast in the model's plan and, for float16, a GradScaler, whose operators scale the loss, look for inf and
 * nan, and change the scale: state "scaler.scale" and "scaler.growth_tracker" of the session.
 */
#include "trainer/learner.h"

static bool wanted(const struct loop_config *config)
{
    return config->autocast_dtype != DTYPE_FLOAT32;
}

static enum status configure(const struct loop_config *config, struct session_config *session)
{
    session->autocast = true;
    session->autocast_dtype = config->autocast_dtype;
    session->optim.scaler = config->autocast_dtype == DTYPE_FLOAT16; /* bfloat16 has float32's range */
    session->optim.init_scale = config->init_scale;
    session->optim.scaling = config->scaling;
    return STATUS_OK;
}

const struct callback callback_mixed_precision = {.name = "MixedPrecision", .wanted = wanted, .configure = configure};
