/* clprof_cupti.so: CUPTI as an activity source of the recorder. */
#include "profiler/cupti/session.h"

struct visitor {
    activity_visit *visit;
    void *context;
};

static void pass_on(void *context, const struct activity_record *record, const struct call *call)
{
    const struct visitor *visitor = context;

    (void)call;
    visitor->visit(visitor->context, record);
}

static const char *drain(struct activity *self, activity_visit *visit, void *context)
{
    struct visitor visitor = {visit, context};

    return session_drain(self, false, pass_on, &visitor);
}

static int64_t dropped(const struct activity *self)
{
    return atomic_load(&self->dropped);
}

static const struct activity_source source = {
    ACTIVITY_ABI_VERSION, "CUPTI", session_probe, session_open,    session_push, session_pop,
    drain,                dropped, session_remarks, session_stop,  session_close,
};

const struct activity_source *clprof_activity_source(void);

__attribute__((visibility("default"))) const struct activity_source *clprof_activity_source(void)
{
    return &source;
}
