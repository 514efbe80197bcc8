/* The findings as CSV, one row each, with their verifications. Unknown is an empty field. */
#include "reports/csv.h"
#include "reports/formats.h"

void report_write_csv(const struct report *report, FILE *out)
{
    const struct table *findings = &report->section[SECTION_findings];

    for (size_t i = 0; i < findings->columns; i++) {
        fputs(i == 0 ? "" : ",", out);
        csv_text(out, findings->names[i]);
    }
    fputs("\r\n", out);
    for (size_t row = 0; row < findings->rows; row++) {
        for (size_t i = 0; i < findings->columns; i++) {
            fputs(i == 0 ? "" : ",", out);
            csv_cell(out, &findings->cells[row * findings->columns + i]);
        }
        fputs("\r\n", out);
    }
}
