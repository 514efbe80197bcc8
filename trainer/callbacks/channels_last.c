/* ChannelsLast: the model's weights in channels_last; the layouts of everything else follow from them. */
#include "trainer/learner.h"

static bool wanted(const struct loop_config *config)
{
    return config->channels_last;
}

static enum status configure(const struct loop_config *config, struct session_config *session)
{
    (void)config;
    session->layout.format = FORMAT_CHANNELS_LAST;
    return STATUS_OK;
}

const struct callback callback_channels_last = {.name = "ChannelsLast", .wanted = wanted, .configure = configure};
