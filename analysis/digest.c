/* Pass: the tables that reports read instead of all rows. It comes last: they are of the findings and figures, too. */
#include "analysis/analysis_int.h"

enum status pass_digest(struct analysis *self)
{
    return trace_digest(self->db);
}
