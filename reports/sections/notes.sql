-- Notes: what a reader of this trace should know; its own, then what it cannot tell
WITH holds AS (SELECT EXISTS (SELECT 1 FROM op) AS operators, EXISTS (SELECT 1 FROM kernel_def WHERE stream IS NOT NULL) AS kernels,
                      EXISTS (SELECT 1 FROM op_tensor_def WHERE memory_format IS NOT NULL)
                      OR EXISTS (SELECT 1 FROM op_def WHERE input_format IS NOT NULL) AS formats,
                      (SELECT source FROM run ORDER BY run_id LIMIT 1) AS source,
                      (SELECT value FROM figure WHERE name = 'operators_unknown') AS unknown)
SELECT text FROM
  (SELECT 1 AS part, note_id, text FROM note
   UNION ALL
   SELECT 2, 1, 'The trace holds no operators: kernels that convert layouts are known, but not whose they are.'
   FROM holds WHERE NOT operators AND kernels
   UNION ALL
   SELECT 2, 2, 'The formats of tensors are not in this trace, so only conversions that a kernel''s name tells are found: copies '
             || 'and silent conversions are not.' || CASE source WHEN 'kineto' THEN ' Record with record_shapes=True, in PyTorch 2.4 or newer, '
             || 'or run the job with clprof run.' ELSE '' END
   FROM holds WHERE operators AND NOT formats AND source NOT IN ('train', 'onednn_verbose', 'nsys')
   UNION ALL
   SELECT 2, 3, printf('%d operator type%s no verdict: neither formats nor kernels of theirs are in the trace.', unknown,
                       CASE unknown WHEN 1 THEN ' has' ELSE 's have' END)
   FROM holds WHERE unknown > 0
   UNION ALL
   SELECT 2, 4, printf('%.1f conversions %s belong to no known operator: the trace does not tie their kernels to one.',
                       1.0 * alone / (SELECT count(*) FROM cost_steps),
                       CASE WHEN EXISTS (SELECT 1 FROM step) THEN 'per step' ELSE 'in the trace' END)
   FROM holds, (SELECT count(*) AS alone FROM cost_steps s CROSS JOIN conversion c ON c.step_id IS s.step_id
                WHERE c.op_id IS NULL)
   WHERE operators AND alone > 0
   UNION ALL
   SELECT 2, 5, 'The model is contiguous. On a CPU, oneDNN then reorders activations into blocks and back inside each convolution, '
             || 'which a profiler of PyTorch does not see: run it with ONEDNN_VERBOSE=1 and import the log, or try channels_last.'
   FROM holds WHERE source IN ('run', 'kineto') AND formats AND NOT kernels
     AND EXISTS (SELECT 1 FROM op_def WHERE name = 'aten::convolution' AND output_format = 'contiguous')
     AND NOT EXISTS (SELECT 1 FROM op_def WHERE name = 'aten::convolution' AND output_format = 'channels_last')
     AND NOT EXISTS (SELECT 1 FROM conversion_def WHERE cause = 'library' AND from_format = 'contiguous')
   UNION ALL
   SELECT 2, 6, printf('The trace tells no steps and is long, so it was looked at in %d parts, one after the other: a round trip from one '
             || 'into the next is not seen. Mark the steps (profiler.step()) to have each of them looked at whole.', value)
   FROM figure WHERE name = 'parts')
ORDER BY part, note_id;
