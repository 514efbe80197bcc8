/*
 * What is known of operators by their names (wrappers.tsv, operators.tsv), read once and remembered by the job's words.
 * Part of a carry, so that nothing of it is global.
 */
#ifndef IMPORTERS_PASSES_FACTS_H
#define IMPORTERS_PASSES_FACTS_H

#include "importers/chunk.h"
#include "profiler/kernel_names.h"

enum level_rule {
    SPAN_IS_OPERATOR,
    SPAN_WRAPS,         /* only calls others; alone it is the operator itself */
    SPAN_MAY_IDLE,      /* only calls others; alone it did nothing */
    SPAN_IS_NO_OPERATOR /* a range of the autograd engine, an annotation */
};

enum operator_class { CLASS_PLAIN, CLASS_VIEW, CLASS_FACTORY, CLASS_COPY, CLASS_MIXED, CLASS_COPY_INTO, CLASS_REORDER };

enum shape_rule {
    SHAPE_UNKNOWN,
    SHAPE_SAME,
    SHAPE_LIKE,
    SHAPE_ALL,
    SHAPE_CONV,
    SHAPE_POOL,
    SHAPE_RESIZE,
    SHAPE_CAT,
    SHAPE_ELEMENTS,
    SHAPE_PART,
    SHAPE_FLAT
};

struct operator_facts {
    enum level_rule rule;
    enum operator_class class_;
    enum shape_rule shape;
    int same_as;         /* SHAPE_SAME, SHAPE_LIKE: position of the input */
    unsigned parameters; /* bit P: input P is a parameter or buffer */
    unsigned grids;      /* bit P: input P holds coordinates, no image */
    enum op_phase phase; /* of the spans under it; PHASE_COUNT = its name doesn't tell */
    bool in_place;       /* aten::add_: gives back its first input */
};

struct facts;

enum status facts_create(struct facts **out);
void facts_destroy(struct facts *facts);

/* Of the name of a node; the pointer is good until the next call of this or of facts_of_kernel. */
enum status facts_of_node(const struct chunk *chunk, const struct node *node, const struct operator_facts **out);
enum status facts_of_kernel(const struct chunk *chunk, int32_t name, const struct kernel_name_facts **out);

#endif
