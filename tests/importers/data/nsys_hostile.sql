-- What nobody exports: names made of SQL, a view that never ends, values of the wrong kind, no key, strings without end.
CREATE TABLE StringIds (id INTEGER, value TEXT);
INSERT INTO StringIds VALUES (1, 'real'), (1, 'the same id again'), (2, ''), (3, CAST(x'ff00fe' AS TEXT)), (4, hex(zeroblob(300000))), ('x', 'y');
CREATE TABLE "CUPTI_ACTIVITY_KIND_KERNEL""; DROP TABLE StringIds; --" (start, "end");
CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start, "end", deviceId, streamId, correlationId, globalPid, demangledName,
  "x"" FROM StringIds; DROP TABLE StringIds; --");
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES
  (1000, 2000, 0, 7, 1, 281474976710656, 1, 0), (3000, 4000, 0, 7, 2, 281474976710656, 3, 0),
  (5000, 6000, 0, 7, 3, NULL, 4, 0), (7000, 8000, 0, 7, 4, 281474976710656, 99, 0),
  (9000, 8000, 0, 7, 5, 281474976710656, 1, 0), (-9000, 8000, 0, 7, 6, 281474976710656, 1, 0),
  ('x', 'y', 'z', x'00', NULL, 281474976710656, 'w', 0), (NULL, NULL, NULL, NULL, NULL, 281474976710656, NULL, NULL),
  (9223372036854775807, 9223372036854775807, 9223372036854775807, -1, 9223372036854775807, 281474976710656, 2, 0);
CREATE VIEW CUPTI_ACTIVITY_KIND_RUNTIME AS WITH RECURSIVE n(start) AS (SELECT 0 UNION ALL SELECT start + 1 FROM n)
  SELECT start, start AS "end", start AS correlationId, 1 AS nameId, 281474976710656 AS globalTid FROM n;
CREATE TABLE NVTX_EVENTS (start, "end", eventType, text, textId, globalTid, endGlobalTid,
  extra INTEGER GENERATED ALWAYS AS (abs(start)) VIRTUAL);
INSERT INTO NVTX_EVENTS(start, "end", eventType, text, textId, globalTid) VALUES
  (1, 9, 59, 'aten::conv2d, seq = 99999999999999999999999, sizes = [[', NULL, 281474976710657),
  (2, 8, 59, 'aten::relu, sizes = [[1, 2, 3, 4, 5, 6, 7, 8], [99999999999999999999, 2]]', NULL, 281474976710657),
  (3, 7, 59, ', seq = , op_id = , sizes = ', NULL, 281474976710657),
  (4, 6, 59, NULL, 4, 281474976710657), (5, 5, 59, x'00ff', NULL, 281474976710657), (5, 5, 'a', 'b', 'c', 'd');
