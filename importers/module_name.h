/*
 * How clprof's own agent names modules for a profiler: a range "clprof.module:layer1.0.conv1:Conv2d", path and class. A
 * SPAN_MODULE carries what stands behind the prefix; a name without the separator is a profiler's own ("Conv2d_0").
 */
#ifndef IMPORTERS_MODULE_NAME_H
#define IMPORTERS_MODULE_NAME_H

#define MODULE_RANGE_PREFIX "clprof.module:"
#define MODULE_CLASS_SEPARATOR ':'

#endif
