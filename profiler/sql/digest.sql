-- Adds up, once, what reports show of the median step and of all cost steps (schema.sql says what the tables hold), so that a
-- report of a million kernels reads some thousand rows. Whoever writes findings runs it last; of older traces, whoever
-- opens them. In a trace without steps all rows are one step, so each statement reads its table from end to end once.
-- GROUP BY names first what tells most rows apart: sorting is most of the time.
DELETE FROM median_step;
DELETE FROM median_longest;
DELETE FROM median_op;
DELETE FROM median_conversion;
DELETE FROM cost_conversion;
DELETE FROM cost_round_trip;

INSERT INTO median_step (step_id, step_index, start_ns, dur_ns, has_times, operators, conversions, kernels, round_trips)
WITH chosen AS MATERIALIZED
       (SELECT step_id, step_index, start_ns, dur_ns, has_times FROM cost_steps ORDER BY dur_ns, step_id
        LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM cost_steps)),
     streamed AS MATERIALIZED (SELECT kernel_def_id FROM kernel_def WHERE stream IS NOT NULL AND device <> 'cpu'),
     op_sum AS MATERIALIZED
       (SELECT count(CASE WHEN level = 0 AND start_ns IS NOT NULL THEN dur_ns END) AS operators, min(start_ns) AS start_ns
        FROM op WHERE EXISTS (SELECT 1 FROM chosen) AND step_id IS (SELECT step_id FROM chosen)),
     kernel_sum AS MATERIALIZED
       (SELECT count(CASE WHEN kernel_def_id IN (SELECT kernel_def_id FROM streamed) THEN 1 END) AS kernels,
               min(start_ns) AS start_ns
        FROM kernel WHERE EXISTS (SELECT 1 FROM chosen) AND step_id IS (SELECT step_id FROM chosen)),
     conversion_sum AS MATERIALIZED
       (SELECT count(CASE WHEN start_ns IS NOT NULL THEN dur_ns END) AS conversions
        FROM conversion WHERE EXISTS (SELECT 1 FROM chosen) AND step_id IS (SELECT step_id FROM chosen))
SELECT step_id, step_index,
       CASE WHEN step_id IS NULL THEN min(ifnull(o.start_ns, k.start_ns), ifnull(k.start_ns, o.start_ns)) ELSE c.start_ns END,
       dur_ns, has_times, operators, conversions, kernels,
       (SELECT count(*) FROM round_trip WHERE step_id IS (SELECT step_id FROM chosen))
FROM chosen c, op_sum o, kernel_sum k, conversion_sum;

INSERT INTO median_longest (kind, id)
SELECT 'operator', op_id FROM
  (SELECT op_id FROM op WHERE EXISTS (SELECT 1 FROM median_step WHERE has_times)
   AND step_id IS (SELECT step_id FROM median_step) AND level = 0 AND start_ns IS NOT NULL AND dur_ns IS NOT NULL
   ORDER BY dur_ns DESC, op_id LIMIT 3000);
INSERT INTO median_longest (kind, id)
SELECT 'fused', op_id FROM op WHERE step_id IS (SELECT step_id FROM median_step)
AND fused_into IN (SELECT id FROM median_longest WHERE kind = 'operator');
INSERT INTO median_longest (kind, id)
SELECT 'conversion', conversion_id FROM
  (SELECT conversion_id FROM conversion WHERE EXISTS (SELECT 1 FROM median_step WHERE has_times)
   AND step_id IS (SELECT step_id FROM median_step) AND start_ns IS NOT NULL AND dur_ns IS NOT NULL
   ORDER BY dur_ns DESC, conversion_id LIMIT 2000);
INSERT INTO median_longest (kind, id)
SELECT 'kernel', kernel_id FROM
  (SELECT kernel_id FROM kernel WHERE EXISTS (SELECT 1 FROM median_step WHERE has_times AND kernels > 0)
   AND step_id IS (SELECT step_id FROM median_step)
   AND kernel_def_id IN (SELECT kernel_def_id FROM kernel_def WHERE stream IS NOT NULL AND device <> 'cpu')
   ORDER BY dur_ns DESC, kernel_id LIMIT 2000);
INSERT INTO median_longest (kind, id)
SELECT 'round_trip', round_trip_id FROM
  (SELECT round_trip_id FROM round_trip WHERE EXISTS (SELECT 1 FROM median_step)
   AND step_id IS (SELECT step_id FROM median_step) ORDER BY dur_ns DESC, round_trip_id LIMIT 300);

-- By +op_def_id: the index on it would lead through all steps.
INSERT INTO median_op
WITH ran AS MATERIALIZED
       (SELECT op_def_id, count(*) AS runs, sum(dur_ns) AS dur_ns, min(op_id) AS first_op_id
        FROM op WHERE EXISTS (SELECT 1 FROM median_step) AND step_id IS (SELECT step_id FROM median_step) AND level = 0
        GROUP BY +op_def_id),
     pair AS MATERIALIZED
       (SELECT forward.op_def_id, o.op_def_id AS backward_op_def_id, sum(o.dur_ns) AS dur_ns
        FROM op o CROSS JOIN op forward ON forward.op_id = o.forward_op_id
        WHERE EXISTS (SELECT 1 FROM median_step) AND o.step_id IS (SELECT step_id FROM median_step) AND o.level = 0
        GROUP BY +forward.op_def_id, +o.op_def_id),
     back AS MATERIALIZED
       (SELECT p.op_def_id, sum(p.dur_ns) AS dur_ns, max(d.input_format) AS input_format, max(d.output_format) AS output_format
        FROM pair p CROSS JOIN op_def d ON d.op_def_id = p.backward_op_def_id GROUP BY p.op_def_id)
SELECT ran.op_def_id, ran.runs, CASE WHEN has_times THEN ran.dur_ns END, ran.first_op_id,
       CASE WHEN has_times THEN back.dur_ns END, back.input_format, back.output_format
FROM median_step CROSS JOIN ran LEFT JOIN back USING (op_def_id);

INSERT INTO median_conversion
WITH span AS MATERIALIZED (SELECT min(conversion_id) AS first, max(conversion_id) AS last FROM conversion
                           WHERE EXISTS (SELECT 1 FROM median_step) AND step_id IS (SELECT step_id FROM median_step))
SELECT h.finding_id, op.op_def_id, c.conversion_def_id, count(*), count(c.kernel_id),
       sum(CASE WHEN (SELECT has_times FROM median_step) THEN c.dur_ns END)
FROM span CROSS JOIN finding_conversion h
     ON h.conversion_id BETWEEN span.first AND span.last
        AND h.finding_id IN (SELECT finding_id FROM finding WHERE scope = 'operator')
CROSS JOIN conversion c ON c.conversion_id = h.conversion_id AND c.step_id IS (SELECT step_id FROM median_step)
LEFT JOIN op ON op.op_id = c.op_id
GROUP BY c.conversion_def_id, +op.op_def_id, h.finding_id;

INSERT INTO cost_conversion
SELECT op.op_def_id, c.conversion_def_id, count(*), count(c.kernel_id), count(CASE WHEN s.has_times THEN c.dur_ns END),
       sum(CASE WHEN s.has_times THEN c.dur_ns END)
FROM cost_steps s CROSS JOIN conversion c ON c.step_id IS s.step_id LEFT JOIN op ON op.op_id = c.op_id
GROUP BY c.conversion_def_id, +op.op_def_id;

INSERT INTO cost_round_trip -- 0: the one step of a trace without steps
SELECT kind, count(*), sum(dur_ns), sum(exposed_ns), sum(bytes) FROM round_trip
WHERE ifnull(step_id, 0) IN (SELECT ifnull(step_id, 0) FROM cost_steps) GROUP BY kind;
