/* Each rank's folder becomes a process of one job. */
#include "importers/torch/torch.h"

#include <string.h>
#include <unistd.h>

#include "importers/job.h"
#include "importers/kineto/kineto.h"
#include "importers/torch/execution_trace.h"

/* A process of the job while it is read. */
struct process {
    struct job *job;
    struct agent_steps steps;
    struct strbuf folder, path;
    int64_t base_ns; /* Unix time that the spans' times count from */
};

static const char *path_of(struct process *self, const char *name)
{
    strbuf_clear(&self->path);
    strbuf_printf(&self->path, "%s/%s", self->folder.text, name);
    return self->path.text;
}

static bool is_there(struct process *self, const char *name)
{
    return access(path_of(self, name), R_OK) == 0;
}

static enum status begin(struct process *self, const char *command_line)
{
    const struct agent_steps *steps = &self->steps;
    struct job_info info = {
        .source = "run",
        .command_line = command_line,
        .model = steps->model,
        .device = steps->device,
        .device_name = steps->device_name,
        .library_versions = steps->library_versions,
        .memory_format = steps->memory_format,
        .autocast_dtype = steps->autocast_dtype,
        .batch_size = -1,
        .threads = steps->threads,
        .started_unix_ns = -1,
    };
    for (int i = 0; i < steps->step_count; i++) {
        const struct agent_step *step = &steps->step[i];
        info.batch_size = step->images > info.batch_size ? step->images : info.batch_size;
        if (info.started_unix_ns < 0 || step->start_unix_ns < info.started_unix_ns)
            info.started_unix_ns = step->start_unix_ns;
    }
    return job_process(self->job, &info, steps->rank, steps->world_size);
}

static enum status add_recorded(struct process *self)
{
    TRY(job_mode(self->job, "recorded"));
    TRY(kineto_read_part(self->job, path_of(self, "recorded.json"), &self->base_ns));
    if (!is_there(self, "recorded.et.json"))
        return job_note(self->job, "PyTorch wrote no execution trace: outputs and identities of tensors are unknown");
    return execution_trace_read(self->job, self->path.text);
}

static enum status add_timed(struct process *self)
{
    if (!is_there(self, "timed.json"))
        return job_note(self->job, "the command ended before a step was timed: there are no times of operators but those "
                                   "under recording, which are no performance");
    TRY(job_mode(self->job, "timed"));
    return kineto_read_part(self->job, self->path.text, &self->base_ns); /* the process's clock: the same base */
}

/* On the clock of the recorded ones. */
static enum status add_undisturbed(struct process *self)
{
    for (int i = 0; i < self->steps.step_count; i++) {
        const struct agent_step *step = &self->steps.step[i];
        if (strcmp(step->mode, "undisturbed") == 0)
            TRY(job_undisturbed(self->job, step->index, step->start_unix_ns - self->base_ns, step->dur_ns, step->images));
    }
    return STATUS_OK;
}

static enum status add_notes(struct process *self)
{
    for (int i = 0; i < self->steps.note_count; i++)
        TRY(job_note(self->job, "%s", self->steps.note[i]));
    if (!is_there(self, "done"))
        TRY(job_note(self->job, "the command was ended by force before the window was over; its whole steps are here"));
    return STATUS_OK;
}

static enum status add_process(struct job *job, const char *folder, int rank, const char *command_line)
{
    struct process self = {.job = job};
    enum status status;

    strbuf_init(&self.folder);
    strbuf_init(&self.path);
    strbuf_printf(&self.folder, "%s/rank%d", folder, rank);
    TRY_OUT(agent_steps_read(&self.steps, path_of(&self, "steps.tsv")));
    TRY_OUT(begin(&self, command_line));
    TRY_OUT(add_recorded(&self));
    TRY_OUT(add_timed(&self));
    TRY_OUT(add_undisturbed(&self));
    TRY_OUT(add_notes(&self));
out:
    agent_steps_release(&self.steps);
    strbuf_release(&self.folder);
    strbuf_release(&self.path);
    return status;
}

enum status import_torch_job(const char *folder, const struct agent_left *left, const char *command_line,
                             const char *ended, const char *out)
{
    struct job *job = NULL;
    enum status status;

    TRY_OUT(job_create(out, &job));
    for (int i = 0; i < left->rank_count; i++)
        TRY_OUT(add_process(job, folder, left->rank[i], command_line));
    if (left->second)
        TRY_OUT(job_note(job, "%d more processes trained and were not recorded: of each rank, the first one is", left->second));
    if (ended)
        TRY_OUT(job_note(job, "%s", ended));
    return job_finish(job);
out:
    job_abandon(job);
    return status;
}
