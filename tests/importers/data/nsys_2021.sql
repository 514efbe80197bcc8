-- Nsight Systems 2021: no table about the export, columns that may not be NULL (0 and '' stand for nothing), few of them.
-- One process, three iterations of a convolution that cuDNN surrounds with conversions; names of ranges are registered strings.
CREATE TABLE StringIds (id INTEGER NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE TARGET_INFO_CUDA_GPU (hwId INTEGER NOT NULL, name TEXT NOT NULL);
CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER NOT NULL, "end" INTEGER NOT NULL, deviceId INTEGER NOT NULL,
  contextId INTEGER NOT NULL, streamId INTEGER NOT NULL, correlationId INTEGER NOT NULL, globalPid INTEGER NOT NULL,
  demangledName INTEGER NOT NULL, shortName INTEGER NOT NULL);
CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER NOT NULL, "end" INTEGER NOT NULL, eventClass INTEGER NOT NULL,
  globalTid INTEGER NOT NULL, correlationId INTEGER NOT NULL, nameId INTEGER NOT NULL, returnValue INTEGER NOT NULL);
CREATE TABLE NVTX_EVENTS (start INTEGER NOT NULL, "end" INTEGER NOT NULL, eventType INTEGER NOT NULL, rangeId INTEGER NOT NULL,
  category INTEGER NOT NULL, color INTEGER NOT NULL, text TEXT NOT NULL, globalTid INTEGER NOT NULL,
  endGlobalTid INTEGER NOT NULL, textId INTEGER NOT NULL, domainId INTEGER NOT NULL);
INSERT INTO StringIds VALUES (1, 'cudaLaunchKernel_v7000'),
  (2, 'void nchwToNhwcKernel<__half, __half, float, false, true>(int, int, int, int, const __half*, __half*, float, float)'),
  (3, 'sm80_xmma_fprop_implicit_gemm_f16f16_f16f32_f32_nhwckrsc_nhwc_tilesize128x128x32_stage4'),
  (4, 'void nhwcToNchwKernel<__half, __half, float, true, false>(int, int, int, int, const __half*, __half*, float, float)'),
  (5, 'nchwToNhwcKernel'), (6, 'kernel'), (7, 'nhwcToNchwKernel'), (8, 'iteration');
INSERT INTO TARGET_INFO_CUDA_GPU VALUES (0, 'Tesla V100-SXM2-16GB');
CREATE TEMP TABLE i AS WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 2) SELECT n FROM n;
CREATE TEMP TABLE k(k, demangled, short, dur);
INSERT INTO k VALUES (0, 2, 5, 100), (1, 3, 6, 900), (2, 4, 7, 120);
-- pid 7, tid 9, on machine 1
INSERT INTO NVTX_EVENTS SELECT 10000 * n, 10000 * n + 9000, 59, 0, 0, 0, '', 281474976710656 + 7 * 16777216 + 9, 0, 8, 0 FROM i;
INSERT INTO NVTX_EVENTS SELECT 10000 * n + 100, 10000 * n + 4000, 59, 0, 0, 0,
  'conv2d, seq = ' || n || ', sizes = [[8, 64, 56, 56], [64, 64, 3, 3], [], [], [], [], []]',
  281474976710656 + 7 * 16777216 + 9, 0, 0, 0 FROM i;
INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME SELECT 10000 * n + 200 + 100 * k, 10000 * n + 250 + 100 * k, 0,
  281474976710656 + 7 * 16777216 + 9, 100 * n + k, 1, 0 FROM i, k;
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL SELECT 10000 * n + 1000 + 1000 * k, 10000 * n + 1000 + 1000 * k + dur, 0, 1, 7, 100 * n + k,
  281474976710656 + 7 * 16777216, demangled, short FROM i, k;
DROP TABLE i; DROP TABLE k;
