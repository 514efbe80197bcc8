/* Fuzz target: what clprof's agent left, steps.tsv. */
#include "fuzz.h"
#include "importers/torch/agent_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct agent_steps steps;
    if (agent_steps_read(&steps, fuzz_file(data, size)) == STATUS_OK) {
        for (int i = 0; i < steps.step_count; i++)
            fuzz_must(steps.step[i].mode != NULL && steps.step[i].index >= 0 && steps.step[i].dur_ns > 0, "a step that is none");
    }
    agent_steps_release(&steps);
    return 0;
}
