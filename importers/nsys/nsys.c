/* Nsight Systems' .sqlite (nsys export --type=sqlite): one process of it after the other into the job. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "importers/importer.h"
#include "importers/nsys/reader.h"

static bool sniff(const char *head, size_t length)
{
    static const char magic[] = "SQLite format 3";
    return length >= sizeof magic && memcmp(head, magic, sizeof magic) == 0;
}

static const char *known(const struct strbuf *text)
{
    return text->length ? text->text : NULL;
}

static enum status read_processes(struct reader *self, const struct about *about, int64_t *process)
{
    const struct job_info info = {
        .source = "nsys", .command_line = known(&about->command_line), .device = "cuda",
        .device_name = known(&about->device_name), .library_versions = known(&about->versions),
        .batch_size = -1, .threads = -1, .started_unix_ns = about->started_unix_ns,
    };
    int count;

    TRY(reader_processes(self, process, &count));
    self->orphans = count == 1;
    for (int i = 0; i < count; i++) {
        self->process = process[i];
        TRY(job_process(self->job, &info, count > 1 ? i : -1, count > 1 ? count : -1));
        TRY(reader_ranges(self));
        TRY(reader_activities(self));
    }
    return STATUS_OK;
}

static enum status nothing_read(const struct reader *self)
{
    bool foreign = !self->db.string;
    return FAIL(UNSUPPORTED, "%s: %s; record with: nsys profile --trace=cuda,nvtx, export with: nsys export --type=sqlite",
                self->db.path,
                foreign ? "a SQLite database, but no table of it is Nsight Systems'"
                        : "neither CUDA work nor NVTX ranges are in this Nsight Systems database");
}

static enum status read_file(struct job *job, const char *path)
{
    struct reader self = {.job = job};
    struct about about = {0};
    int64_t *process = NULL;
    enum status status = nsys_open(&self.db, path);
    if (status != STATUS_OK)
        return status;

    reader_about(&self, &about);
    TRY_OUT(array_make(&process, NSYS_PROCESSES, sizeof *process));
    TRY_OUT(read_processes(&self, &about, process));
    status = self.rows ? reader_notes(&self) : nothing_read(&self);
out:
    free(process);
    free(self.names.id);
    free(self.names.word);
    steps_release(&self.steps);
    about_release(&about);
    nsys_close(&self.db);
    return status;
}

const struct importer importer_nsys = {
    .name = "nsys",
    .what = "Nsight Systems database (.sqlite)",
    .sniff = sniff,
    .read = read_file,
};
