/* Streams' insides, for stream.c, event.c and capture.c. */
#ifndef SIMGPU_STREAM_INT_H
#define SIMGPU_STREAM_INT_H

#include "tests/simgpu/driver/driver.h"
#include "tests/simgpu/driver/order.h"

/* A point in a stream, made by recording an event: reached or not, and when. */
struct mark {
    int owners;
    bool reached;
    int64_t time_ns;
    struct simgpu_stream *stream; /* where it lies, until it is reached */
    struct order known;           /* by who has waited for it */
};
struct mark *mark_create(struct simgpu_stream *stream);
void mark_drop(struct mark *mark);

enum entry_kind { ENTRY_WORK, ENTRY_RECORD, ENTRY_WAIT };
struct entry {
    enum entry_kind kind;
    struct simgpu_work work;
    struct mark *mark; /* record, wait */
    int64_t issued_ns;
    uint32_t correlation;
    struct simgpu_graph *graph; /* whose work it is: it owns the closure */
    uint64_t graph_node;
};

struct simgpu_stream {
    bool blocking; /* with regard to the default stream */
    unsigned number;
    uint64_t id;
    int device, actor;
    struct order known;
    struct entry *queue;
    size_t head, count, room;
    int64_t ready_ns; /* when what ran so far is done, on the device's clock */
    enum cudaStreamCaptureStatus capture;
    struct simgpu_graph *captured;
    struct simgpu_stream *next;
};

struct simgpu_event {
    bool timed;
    struct mark *mark; /* NULL: never recorded */
    struct simgpu_graph *captured; /* recorded in a capture, of which it is no owner */
};

void stream_push(struct simgpu_stream *stream, const struct entry *entry);
/* Runs the stream until the mark, or (NULL) everything, is done, with what it waits for. */
void stream_run(struct simgpu_stream *stream, const struct mark *until);
struct simgpu_stream *streams_first(void);
struct simgpu_stream *stream_default(void);

/* Puts work into the queue, in the order that orders allow. */
void stream_push_work(struct simgpu_stream *stream, const struct entry *entry);

/* While a stream is captured: takes the entry for its graph. */
cudaError_t capture_take(struct simgpu_stream *stream, const struct simgpu_work *work);
/* What a stream that waits for a captured event becomes: captured too. */
void capture_join(struct simgpu_stream *stream, struct simgpu_graph *graph);

#endif
