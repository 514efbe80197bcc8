/* The words of the trace as numbers. A word that is not in a list reads as the list's UNKNOWN. */
#ifndef ANALYSIS_TERMS_H
#define ANALYSIS_TERMS_H

/* Memory order of a tensor. NONE: the elements lie the same way in every format ("either", or no more than 2
 * dimensions). */
enum order { ORDER_UNKNOWN, ORDER_NONE, ORDER_CONTIGUOUS, ORDER_CHANNELS_LAST, ORDER_BLOCKED, ORDER_STRIDED };
enum cause {
    CAUSE_UNKNOWN,
    CAUSE_INPUT,
    CAUSE_OPERATOR,
    CAUSE_EXPLICIT,
    CAUSE_LIBRARY,
    CAUSE_WEIGHT,
    CAUSE_GRADIENT,
    CAUSE_OPTIMIZER
};
/* Bits, so that sets of phases are numbers. */
enum phase { PHASE_UNKNOWN = 0, PHASE_DATA = 1, PHASE_FORWARD = 2, PHASE_BACKWARD = 4, PHASE_OPTIMIZER = 8 };

/* NULL is allowed. order_of needs the shape ("[16, 64, 56, 56]") for tensors without a format; NULL = unknown. */
enum order order_of(const char *memory_format, const char *shape);
/* Number of dimensions in "[16, 64, 56, 56]"; 0 for NULL. */
int rank_of(const char *shape);
enum cause cause_of(const char *text);
enum phase phase_of(const char *text);

/* The word of a set of one phase; NULL for none and for several. */
const char *phase_name(unsigned phases);

#endif
