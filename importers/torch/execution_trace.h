/* PyTorch's ExecutionTrace JSON ("schema": "1.1.1-chakra...") beside a Kineto trace: tensors of operators, with identities. */
#ifndef IMPORTERS_TORCH_EXECUTION_TRACE_H
#define IMPORTERS_TORCH_EXECUTION_TRACE_H

#include "importers/job.h"

/*
 * Hands the tensors of each operator to the job (job_tensors), under its rf_id, which is the 'Record function id' of the
 * Kineto trace. Fails (CORRUPT, IO) with file and byte offset; a truncated tail is a note. 0 is no rf_id.
 */
enum status execution_trace_read(struct job *job, const char *path);

#endif
