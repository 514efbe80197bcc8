/*
 * What a device did, told by the device's own profiling library: one const table of functions per source, in a plugin
 * (clprof_cupti.so) that is loaded when a device is there. The recorder pushes an id around each launch; after the device
 * was waited for it drains records, each with the id that was open when the host called for it. Ids are the caller's, 0 =
 * none was open. Texts that the functions return belong to the source. NULL is good news where a reason is returned.
 */
#ifndef PROFILER_ACTIVITY_H
#define PROFILER_ACTIVITY_H

#include <stdbool.h>
#include <stdint.h>

#define ACTIVITY_ABI_VERSION 2
#define ACTIVITY_SYMBOL "clprof_activity_source" /* const struct activity_source *(*)(void): the plugin's one symbol */

struct activity; /* an opened source: at most one in a process */

enum activity_kind { ACTIVITY_KERNEL, ACTIVITY_MEMCPY, ACTIVITY_MEMSET };

/* One piece of device work. */
struct activity_record {
    enum activity_kind kind;
    const char *name;          /* demangled; "Memcpy HtoD (Pinned -> Device)"; stays until close */
    uint64_t id;               /* the innermost id that was pushed when the host called for it; 0 = none */
    int64_t start_ns, end_ns;  /* clock_ns(); both -1: the library lost them */
    int64_t launch_ns;         /* clock_ns() when the host called; -1 = not told */
    int64_t correlation_id;    /* the library's own number of the call */
    int64_t bytes;             /* copied or set; -1 for kernels */
    int device, stream;
};

typedef void activity_visit(void *context, const struct activity_record *record);
typedef void activity_tell(void *context, const char *text);

struct activity_source {
    uint32_t abi_version; /* ACTIVITY_ABI_VERSION; checked when the plugin loads */
    const char *name;     /* "CUPTI" */
    /* NULL when usable on this machine, else the reason in words. Touches no device. */
    const char *(*probe)(void);
    /* Starts recording. NULL, or why not: taken by another profiler (named where it is known), refused, no memory. */
    const char *(*open)(struct activity **out);
    /* Around a launch, from the thread that makes it; may nest. */
    void (*push)(struct activity *self, uint64_t id);
    void (*pop)(struct activity *self);
    /*
     * Visits every record since the last drain, in any order. The caller has waited for the device: what still runs comes
     * with the next drain. NULL, or what went wrong (records may be missing then).
     */
    const char *(*drain)(struct activity *self, activity_visit *visit, void *context);
    /* Records that the library says it could not keep, since open. */
    int64_t (*dropped)(const struct activity *self);
    /* Lines for the trace's notes: lost times, the library's own cost, a clock that was set. Any number of calls of tell. */
    void (*remarks)(const struct activity *self, activity_tell *tell, void *context);
    /* Stops recording, so that what follows runs at full speed; names of records stay. Drains give nothing any more. */
    void (*stop)(struct activity *self);
    /* Stops recording and frees; NULL is allowed. The plugin stays loaded. */
    void (*close)(struct activity *self);
};

/*
 * Loads the plugin of that file name from where base/plugin_path.h finds it. NULL with the reason in words in
 * `reason` when it is not there, does not load, or was built for another version of clprof. Never unloaded.
 */
const struct activity_source *activity_load(const char *file, char *reason, unsigned long room);

#endif
