/* The table of callbacks, those of a training by order, and raising an event. */
#include <stdlib.h>
#include <string.h>

#include "trainer/learner.h"

#define CALLBACK(order, name) extern const struct callback callback_##name;
#include "trainer/callbacks.def"
#undef CALLBACK

static const struct callback_use table[] = {
#define CALLBACK(order, name) {&callback_##name, order, NULL},
#include "trainer/callbacks.def"
#undef CALLBACK
};
#define CALLBACKS ((int)(sizeof table / sizeof table[0]))

const char *event_name(enum event event)
{
    static const char *const names[] = {
#define EVENT(id, name) #name,
#include "trainer/events.def"
#undef EVENT
    };
    return names[event];
}

int callbacks_count(void)
{
    return CALLBACKS;
}

const struct callback_use *callbacks_at(int index)
{
    return &table[index];
}

static bool is_wanted(const struct callback *callback, const struct loop_config *config)
{
    return !callback->wanted || callback->wanted(config);
}

enum status callbacks_configure(const struct loop_config *config, struct session_config *session)
{
    for (int i = 0; i < CALLBACKS; i++) {
        const struct callback *callback = table[i].callback;
        if (callback->configure && is_wanted(callback, config))
            TRY(callback->configure(config, session));
    }
    return STATUS_OK;
}

/* Behind all of the same order, as Python's sort keeps them. */
static void insert(struct learner *learner, const struct callback_use *use)
{
    int at = learner->actives++;
    for (; at > 0 && learner->active[at - 1].order > use->order; at--)
        learner->active[at] = learner->active[at - 1];
    learner->active[at] = *use;
}

enum status callbacks_open(struct learner *learner)
{
    const struct loop_config *config = learner->config;
    learner->active = calloc((size_t)(CALLBACKS + config->extras), sizeof *learner->active);
    if (!learner->active)
        return FAIL(NO_MEMORY, "no memory for callbacks");
    for (int i = 0; i < CALLBACKS; i++) {
        struct callback_use use = table[i];
        if (!is_wanted(use.callback, config))
            continue;
        use.state = calloc(1, use.callback->state_bytes + 1);
        if (!use.state)
            return FAIL(NO_MEMORY, "no memory for the callback %s", use.callback->name);
        insert(learner, &use);
    }
    for (int i = 0; i < config->extras; i++)
        insert(learner, &config->extra[i]);
    return STATUS_OK;
}

static bool is_extra(const struct loop_config *config, const void *state)
{
    for (int i = 0; i < config->extras; i++) {
        if (config->extra[i].state == state)
            return true;
    }
    return false;
}

void callbacks_close(struct learner *learner)
{
    for (int i = 0; i < learner->actives; i++) {
        const struct callback_use *use = &learner->active[i];
        if (use->callback->release)
            use->callback->release(use->state);
        if (!is_extra(learner->config, use->state))
            free(use->state);
    }
    free(learner->active);
    learner->active = NULL;
    learner->actives = 0;
}

enum signal callbacks_raise(struct learner *learner, enum event event)
{
    for (int i = 0; i < learner->actives; i++) {
        const struct callback_use *use = &learner->active[i];
        enum signal signal = use->callback->on[event] ? use->callback->on[event](learner, use->state) : SIGNAL_GO_ON;
        if (signal != SIGNAL_GO_ON)
            return signal;
    }
    return SIGNAL_GO_ON;
}

enum signal learner_signal(struct learner *learner, enum status status)
{
    if (status == STATUS_OK)
        return SIGNAL_GO_ON;
    learner->status = status;
    return SIGNAL_FAILED;
}
