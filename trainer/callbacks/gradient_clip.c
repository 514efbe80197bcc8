/* GradientClip: torch.nn.utils.clip_grad_norm_ of all gradients together, between the scaler's unscaling and the optimizer. */
#include "trainer/learner.h"

static bool wanted(const struct loop_config *config)
{
    return config->clip_norm > 0;
}

static enum status configure(const struct loop_config *config, struct session_config *session)
{
    session->optim.clip_norm = config->clip_norm;
    return STATUS_OK;
}

const struct callback callback_gradient_clip = {.name = "GradientClip", .wanted = wanted, .configure = configure};
