-- Nsight Systems 2026 (schema 3.25): columns come and go, most may be NULL. Two processes on two devices whose correlation ids are
-- the same; PyTorch's emit_nvtx texts; a backward pass on a thread of its own; graphs as a whole; lost events; rows before the capture.
-- Kernels on device 1 take one nanosecond more.
CREATE TABLE StringIds (id INTEGER NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE META_DATA_EXPORT (name TEXT NOT NULL, value TEXT);
CREATE TABLE META_DATA_CAPTURE (name TEXT NOT NULL, value TEXT);
CREATE TABLE TARGET_INFO_GPU (vmId INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT);
CREATE TABLE TARGET_INFO_SESSION_START_TIME (utcEpochNs INTEGER, utcTime TEXT);
CREATE TABLE DIAGNOSTIC_EVENT (timestamp INTEGER NOT NULL, timestampType INTEGER NOT NULL, source INTEGER NOT NULL,
  severity INTEGER NOT NULL, text TEXT NOT NULL, globalPid INTEGER);
CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER NOT NULL, "end" INTEGER NOT NULL, deviceId INTEGER NOT NULL,
  contextId INTEGER NOT NULL, greenContextId INTEGER, streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER,
  demangledName INTEGER NOT NULL, shortName INTEGER NOT NULL, mangledName INTEGER, graphNodeId INTEGER);
CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER NOT NULL, "end" INTEGER NOT NULL, eventClass INTEGER NOT NULL,
  globalTid INTEGER, correlationId INTEGER, nameId INTEGER NOT NULL, returnValue INTEGER NOT NULL, callchainId INTEGER);
CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start INTEGER NOT NULL, "end" INTEGER NOT NULL, deviceId INTEGER NOT NULL,
  streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER, bytes INTEGER NOT NULL, copyKind INTEGER NOT NULL);
CREATE TABLE CUPTI_ACTIVITY_KIND_MEMSET (start INTEGER NOT NULL, "end" INTEGER NOT NULL, deviceId INTEGER NOT NULL,
  streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER, value INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE CUPTI_ACTIVITY_KIND_GRAPH_TRACE (start INTEGER NOT NULL, "end" INTEGER NOT NULL, deviceId INTEGER NOT NULL,
  streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER, graphId INTEGER NOT NULL);
CREATE TABLE NVTX_EVENTS (start INTEGER NOT NULL, "end" INTEGER, eventType INTEGER NOT NULL, text TEXT, globalTid INTEGER,
  endGlobalTid INTEGER, textId INTEGER, domainId INTEGER, jsonText TEXT);
INSERT INTO META_DATA_EXPORT VALUES ('EXPORT_PRODUCT_VERSION', '2026.2.1.210'), ('EXPORT_SCHEMA_VERSION', '3.25.0');
INSERT INTO META_DATA_CAPTURE VALUES ('PROCESS_0:COMMAND', 'torchrun'), ('PROCESS_0:ARGUMENT_0', '--nproc_per_node=2'),
  ('PROCESS_0:ARGUMENT_1', 'train.py'), ('PROCESS_0:ENVIRONMENT_VARIABLE', 'TOKEN="secret"');
INSERT INTO TARGET_INFO_GPU VALUES (1, 0, 'NVIDIA H100 80GB HBM3'), (1, 1, 'NVIDIA H100 80GB HBM3');
INSERT INTO TARGET_INFO_SESSION_START_TIME VALUES (1779782330176752435, '2026-05-26T07:58:50');
INSERT INTO DIAGNOSTIC_EVENT VALUES (1, 1, 3, 1, 'Profiling has started.', 0), (9, 1, 3, 2, '17 CUDA events were lost.', 0);
INSERT INTO StringIds VALUES (1, 'cudaLaunchKernel_v7000'), (2, 'cuLaunchKernelEx'),
  (3, 'void cudnn::ops::nchwToNhwcKernel<float, float, float, false, true, (cudnnKernelDataType_t)2>(cudnn::ops::nchw2nhwc_params_t<float>, const float *, float *)'),
  (4, 'sm90_xmma_fprop_implicit_gemm_tf32f32_tf32f32_f32_nhwckrsc_nhwc_tilesize128x128x32'),
  (5, 'void cudnn::ops::nhwcToNchwKernel<float, float, float, true, false, (cudnnKernelDataType_t)0>(cudnn::ops::nhwc2nchw_params_t<float>, const float *, float *)'),
  (6, 'nchwToNhwcKernel'), (7, 'kernel'), (8, 'nhwcToNchwKernel'), (9, 'cudaMemcpyAsync_v3020');
CREATE TEMP TABLE p AS SELECT 281474976710656 + column1 * 16777216 AS pid, column2 AS device FROM (VALUES (500, 0), (400, 1));
CREATE TEMP TABLE i AS WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 3) SELECT n FROM n;
CREATE TEMP TABLE k(k, name, short, dur, back);
INSERT INTO k VALUES (0, 3, 6, 100, 0), (1, 4, 7, 900, 0), (2, 5, 8, 120, 0), (3, 3, 6, 110, 5000), (4, 4, 7, 950, 5000), (5, 5, 8, 130, 5000);
CREATE TEMP TABLE r(text, thread, first, last);
INSERT INTO r VALUES
  ('step %n', 0, 0, 19000),
  ('enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__, op_id = 1', 0, 10, 90),
  ('aten::conv2d, seq = %n, op_id = 7, sizes = [[8, 64, 56, 56], [64, 64, 3, 3], [64], [], [], [], []]', 0, 100, 3000),
  ('aten::convolution, seq = %n, op_id = 8, sizes = [[8, 64, 56, 56], [64, 64, 3, 3], [64], [], [], [], [], [], []], input_op_ids = [(7,0)]', 0, 110, 2900),
  ('autograd::engine::evaluate_function: ConvolutionBackward0, op_id = 20', 1, 5000, 9000),
  ('ConvolutionBackward0, seq = %n, op_id = 21', 1, 5010, 8990),
  ('aten::convolution_backward, op_id = 22, sizes = [[8, 64, 56, 56], [8, 64, 56, 56], [64, 64, 3, 3], [], [], [], [], [], [], [], []]', 1, 5020, 8900),
  ('Optimizer.step#SGD.step, op_id = 30', 0, 10000, 12000),
  ('batch %n', 0, 200, 300);
INSERT INTO NVTX_EVENTS SELECT 20000 * n + first, 20000 * n + last, 59, replace(text, '%n', n), pid + 10 + thread, NULL, NULL, 0, NULL
  FROM p, i, r;
INSERT INTO NVTX_EVENTS SELECT -500, 50, 59, 'before', pid + 10, NULL, NULL, 0, NULL FROM p;
INSERT INTO NVTX_EVENTS SELECT 100, NULL, 59, 'never ends', pid + 10, NULL, NULL, 0, NULL FROM p;
INSERT INTO NVTX_EVENTS SELECT 100, NULL, 34, 'a mark', pid + 10, NULL, NULL, 0, NULL FROM p;
INSERT INTO NVTX_EVENTS SELECT 100, NULL, 75, 'a domain', pid + 10, NULL, NULL, 0, NULL FROM p;
INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME SELECT 20000 * n + 200 + back + 100 * (k % 3), 20000 * n + 250 + back + 100 * (k % 3), k % 2,
  pid + 10 + (back > 0), 100 * n + k, 1 + k % 2, 0, NULL FROM p, i, k;
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL SELECT 20000 * n + 1000 + back + 1000 * (k % 3), 20000 * n + 1000 + back + 1000 * (k % 3) + dur + device,
  device, 1, NULL, 7, 100 * n + k, pid, name, short, NULL, NULL FROM p, i, k;
INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME SELECT 20000 * n + 20, 20000 * n + 30, 0, pid + 10, 100 * n + 50, 9, 0, NULL FROM p, i;
INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY SELECT 20000 * n + 40, 20000 * n + 80, device, 7, 100 * n + 50, pid, 4096, 1 FROM p, i;
INSERT INTO CUPTI_ACTIVITY_KIND_MEMSET SELECT 20000 * n + 15000, 20000 * n + 15010, device, 7, NULL, pid, 0, 64 FROM p, i;
INSERT INTO CUPTI_ACTIVITY_KIND_GRAPH_TRACE SELECT 16000, 17000, device, 7, NULL, pid, 3 FROM p;
DROP TABLE p; DROP TABLE i; DROP TABLE k; DROP TABLE r;
