/*
 * One line of a oneDNN verbose log. What all versions write, from MKL-DNN 0.x (2018) to oneDNN 3.13:
 *
 *   mkldnn_verbose,exec,convolution,IMPL,PROP,DESCRIPTORS,AUX,PROBLEM,MS
 *   dnnl_verbose,exec,cpu,convolution,IMPL,PROP,DESCRIPTORS[,ATTRIBUTES],AUX,PROBLEM,MS
 *   onednn_verbose,[TIMESTAMP,]exec,cpu,...                  2.x - 3.2
 *   onednn_verbose,[v1,][TIMESTAMP,]primitive,exec,cpu,...   3.3 and later
 *
 * From 2.x on a header line names the fields and their order ("prim_template:", "template:"): lines are read by it; without
 * one, by their number of fields. Fields hold no comma, but MKL-DNN wrote times in the user's locale ("1,432"). Other lines of
 * the program may lie between, or stand in front of the prefix on the same line.
 */
#ifndef IMPORTERS_ONEDNN_LINE_H
#define IMPORTERS_ONEDNN_LINE_H

#include <stdbool.h>
#include <stdint.h>

struct text {
    const char *at; /* not terminated */
    int length;
};

enum verbose_field {
    FIELD_OPERATION, FIELD_ENGINE, FIELD_PRIMITIVE, FIELD_IMPLEMENTATION, FIELD_PROP_KIND, FIELD_DESCRIPTORS,
    FIELD_ATTRIBUTES, FIELD_AUXILIARY, FIELD_PROBLEM, FIELD_TIME, FIELD_COUNT,
    FIELD_OTHER = FIELD_COUNT /* a field of a later version: skipped */
};

#define TEMPLATE_FIELDS 24

struct verbose_template {
    uint8_t field[TEMPLATE_FIELDS]; /* enum verbose_field by place behind the prefix; no timestamp among them */
    int fields;                     /* 0 = no header so far */
};

enum line_kind {
    LINE_FOREIGN, /* not oneDNN's */
    LINE_OTHER,   /* creation, dispatch, graph, header */
    LINE_INFO,    /* "info,...": field[0] holds the rest */
    LINE_EXEC,
    LINE_BROKEN   /* an execution that can't be read: interleaved output of several threads or processes */
};

struct verbose_line {
    enum line_kind kind;
    int64_t start_ns; /* timestamp, since the epoch; -1 = none */
    int64_t dur_ns;
    struct text field[FIELD_COUNT]; /* empty where the version has none */
};

/* Reads a line (without its end); a header line changes `order`. */
void line_read(struct text line, struct verbose_template *order, struct verbose_line *out);

/* Where oneDNN's part of a line begins; NULL = nowhere. */
const char *line_prefix(struct text line, int *length);

bool text_is(struct text text, const char *wanted);
bool text_starts(struct text text, const char *start);
/* The part up to `separator` (all of it without one); *rest is what follows. */
struct text text_part(struct text *rest, char separator);

#endif
