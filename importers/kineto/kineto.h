/* Kineto files that are parts of a process which their reader began (job_process) and describes itself. */
#ifndef IMPORTERS_KINETO_KINETO_H
#define IMPORTERS_KINETO_KINETO_H

#include "importers/job.h"

/*
 * As importer.read, but the spans go to the process at hand, and what the file tells of the job is passed over.
 * *base_ns gets the Unix time that the spans' times count from (0: they are Unix time).
 */
enum status kineto_read_part(struct job *job, const char *path, int64_t *base_ns);

#endif
