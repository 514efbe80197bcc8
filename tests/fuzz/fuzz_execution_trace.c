/* Fuzz target: an ExecutionTrace beside a Kineto trace whose operators it describes. */
#include "fuzz.h"
#include "importers/torch/execution_trace.h"

/* Three nested operators to describe: record ids 1 to 3. */
static enum status read(struct job *job, const char *path)
{
    const struct job_info info = {.source = "kineto", .batch_size = -1, .threads = -1, .started_unix_ns = -1};
    int32_t lane, name;

    TRY(job_process(job, &info, -1, -1));
    TRY(job_thread(job, 1, 1, &lane));
    TRY(job_word(job, "aten::clone", 11, &name));
    for (int i = 1; i <= 3; i++) {
        const struct span span = {.start_ns = 100 * i, .dur_ns = 1000 - 200 * i, .correlation = -1, .sequence = -1, .record_id = i,
                                  .bytes = -1, .kind = SPAN_OPERATOR, .name = name, .lane = lane, .signature = -1,
                                  .forward_thread = -1, .order = i};
        TRY(job_span(job, &span));
    }
    return execution_trace_read(job, path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(data, size, read);
    return 0;
}
