/* Sentences about a report, the same in text and HTML. All append plain text that may hold anything a trace holds. */
#ifndef REPORTS_WORDS_H
#define REPORTS_WORDS_H

#include "base/strbuf.h"
#include "reports/section.h"

/* "resnet50, channels_last, bfloat16 autocast, batch 16" */
void words_model(struct strbuf *out, const struct report *report);

/* "cpu: AMD EPYC 7B13, 2 threads" */
void words_device(struct strbuf *out, const struct report *report);

/* How the run was started, with what and when; nothing where the trace does not tell. */
void words_command(struct strbuf *out, const struct report *report);
void words_libraries(struct strbuf *out, const struct report *report);
void words_started(struct strbuf *out, const struct report *report);

/* The policy, and whose the counts and times are (SEMANTICS: Layout policy); nothing where the run obeyed none. */
void words_policy(struct strbuf *out, const struct report *report);

/* Who measured, and what that means for the times; nothing for clprof's own trainer. */
void words_measured(struct strbuf *out, const struct report *report);

/* How many processes, and the step time of each; nothing for one. */
void words_ranks(struct strbuf *out, const struct report *report);

/* "10 steady, 3 warm-up, 0 outlier", and which of them the figures are of. */
void words_steps(struct strbuf *out, const struct report *report);

/* "steady 850 to 921 ms, half of them within 860 to 880; warm-up 2103 ms"; nothing for a trace without steps. */
void words_spread(struct strbuf *out, const struct report *report);

/* "12.3 images/s [12.1, 12.6]", or "unknown". Column names are <name>, <name>_low, <name>_high of the summary. */
void words_figure(struct strbuf *out, const struct report *report, const char *name, const char *unit);

void words_throughput(struct strbuf *out, const struct report *report);
void words_step_time(struct strbuf *out, const struct report *report);
void words_lost(struct strbuf *out, const struct report *report);
/* Nothing unless the whole fix order was verified. */
void words_verified(struct strbuf *out, const struct report *report);

/* "12.0 per step, 34.5 ms, 2.7 % of the step" */
void words_conversions(struct strbuf *out, const struct report *report);
void words_round_trips(struct strbuf *out, const struct report *report);

/* A module's path for people: NULL is none, "" the model itself. */
const char *words_place(const char *module_path);

/* What the findings come to, in one or two sentences. */
void words_verdict(struct strbuf *out, const struct report *report);

/* Of what thrashes or is slow: what it costs, measured or estimated, and who is to blame. The first sentence of a verdict. */
void words_headline(struct strbuf *out, const struct report *report);
bool words_is_verified(const struct report *report);

/* words_verdict without what it costs. */
void words_situation(struct strbuf *out, const struct report *report);

/* The operators that thrash, else those whose kernels are slow: "a, b and 4 more"; nothing where none does. */
void words_blamed(struct strbuf *out, const struct report *report);

/* The command that leads on from here. */
void words_next_report(struct strbuf *out, const struct report *report);

/* Operators whose verdict is `verdict`. */
size_t words_count_verdict(const struct report *report, const char *verdict);

#endif
