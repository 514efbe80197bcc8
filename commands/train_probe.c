/* The probe's results go into the trace. */
#include "commands/train_probe.h"

#include "base/log.h"
#include "profiler/measurements.h"
#include "trainer/probe.h"

static enum status on_time(void *self, int measurement, enum probe_variant variant, int repetition,
                           const struct probe_time *time)
{
    const struct format_time row = {measurement, probe_variant_name(variant), repetition, time->dur_ns,
                                    time->library_ns, time->kernel_ns};
    return measurements_time(self, &row);
}

static enum status on_op(void *self, int op, int measurement)
{
    return measurements_op(self, op, measurement);
}

/* A model that can't be set side by side with itself is trained all the same; the trace says what it lacks. */
static enum status tell_refusal(struct measurements *measurements)
{
    struct strbuf text;

    strbuf_init(&text);
    strbuf_printf(&text, "operators were not measured in other memory formats, so penalties are unknown: %s", status_message());
    enum status status = measurements_note(measurements, text.text);
    strbuf_release(&text);
    return status;
}

static enum status tell(struct measurements *measurements, const struct probe_result *result)
{
    struct strbuf text;
    enum status status = STATUS_OK;

    log_info("trainer", "probe: %d of %d comparisons in %.1f s", result->measured, result->wanted, result->seconds);
    strbuf_init(&text);
    strbuf_printf(&text, "%d of %d comparisons of memory formats were measured after the last step, penalties first; slow_kernel is unknown for the others; "
                  "--probe SECONDS gives them more time",
                  result->measured, result->wanted);
    if (result->measured < result->wanted)
        status = measurements_note(measurements, text.text);
    strbuf_release(&text);
    if (status == STATUS_OK && result->cramped)
        status = measurements_note(measurements, "there was no memory for a second model: penalties were measured with each operator by itself, not within steps");
    return status;
}

enum status train_probe(struct session *session, double seconds, const char *trace)
{
    struct policy native = {0};
    struct measurements measurements = {0};
    const struct probe_sink sink = {&measurements, on_time, on_op};
    const struct probe_config config = {session, &native, seconds};
    struct probe_result result;
    enum status status;

    TRY_OUT(policy_load(&native, "native"));
    TRY_OUT(measurements_begin(&measurements, trace));
    status = probe_run(&config, &sink, &result);
    if (status == STATUS_UNSUPPORTED)
        status = tell_refusal(&measurements);
    else if (status == STATUS_OK)
        status = tell(&measurements, &result);
out:
    policy_release(&native);
    if (status == STATUS_OK)
        return measurements_end(&measurements, true);
    measurements_end(&measurements, false);
    return status;
}
