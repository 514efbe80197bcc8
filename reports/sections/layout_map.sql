-- Layout map: modules of the median steady step in order of execution, with the memory format of the 4-D tensors they give
WITH chosen AS MATERIALIZED
       (SELECT step_id, has_times FROM cost_steps ORDER BY dur_ns, step_id
        LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM cost_steps)),
     early AS MATERIALIZED -- a step of more is of no model, but all of a trace without steps
       (SELECT o.op_id FROM op o WHERE EXISTS (SELECT 1 FROM chosen) AND o.step_id IS (SELECT step_id FROM chosen) AND o.level = 0
        ORDER BY o.op_id LIMIT 20000),
     converted AS MATERIALIZED
       (SELECT c.op_id, count(*) AS conversions FROM early CROSS JOIN conversion c USING (op_id) GROUP BY c.op_id),
     blamed AS MATERIALIZED
       (SELECT op_id FROM round_trip_member WHERE role = 'culprit' AND op_id IN (SELECT op_id FROM early) AND round_trip_id IN
                  (SELECT round_trip_id FROM round_trip r WHERE r.step_id IS (SELECT step_id FROM chosen))),
     ran AS (SELECT o.op_id, CASE o.phase WHEN 'backward' THEN 'backward' ELSE 'forward' END AS side, o.module_path,
                    o.module_class, o.name, o.output_format,
                    -- what a module gives is its last operator's, not that of a cast or, backward, of a sum beside it
                    CASE WHEN o.name = 'aten::_to_copy' THEN 0 WHEN o.forward_op_id IS NULL THEN 1 ELSE 2 END AS rank, CASE WHEN chosen.has_times THEN o.dur_ns END AS dur_ns,
                    ifnull(v.conversions, 0) AS conversions, o.op_id IN (SELECT op_id FROM blamed) AS culprit
             FROM chosen CROSS JOIN early CROSS JOIN operators o USING (op_id) LEFT JOIN converted v USING (op_id)
             WHERE ifnull(o.phase, '') <> 'optimizer' AND (o.output_format IS NOT NULL OR v.conversions > 0)),
     marked AS (SELECT *, module_path IS NOT lag(module_path) OVER (PARTITION BY side ORDER BY op_id)
                          OR row_number() OVER (PARTITION BY side ORDER BY op_id) = 1 AS starts FROM ran),
     placed AS (SELECT *, sum(starts) OVER (PARTITION BY side ORDER BY op_id) AS visit FROM marked),
     visited AS (SELECT side, visit, module_path, max(module_class) AS module_class,
                        replace(group_concat(DISTINCT name), ',', ', ') AS operators,
                        sum(dur_ns) AS dur_ns, sum(conversions) AS conversions,
                        max(culprit) AS culprit, min(op_id) AS op_id
                 FROM placed GROUP BY side, visit),
     given AS (SELECT side, visit, output_format, max(op_id + rank * (1 << 40)) FROM placed
               WHERE output_format IS NOT NULL GROUP BY side, visit),
     turn AS (SELECT v.*, ifnull('in ' || v.module_path, '') AS place, g.output_format, row_number() OVER (PARTITION BY v.side, v.module_path
                     ORDER BY CASE v.side WHEN 'forward' THEN v.visit ELSE -v.visit END) AS turn
              FROM visited v LEFT JOIN given g USING (side, visit)),
     back AS (SELECT * FROM turn WHERE side = 'backward'),
     paired AS (SELECT f.visit AS position, f.module_path, f.module_class, f.operators, f.output_format AS forward_format,
                       f.conversions AS forward_conversions, f.culprit AS forward_culprit, f.dur_ns / 1e6 AS forward_ms,
                       b.operators AS backward_operators, b.output_format AS backward_format,
                       b.conversions AS backward_conversions, b.culprit AS backward_culprit, b.dur_ns / 1e6 AS backward_ms
                FROM turn f LEFT JOIN back b ON b.place = f.place AND b.turn = f.turn WHERE f.side = 'forward'
                UNION ALL
                SELECT (1 << 30) - b.visit, b.module_path, b.module_class, NULL, NULL, NULL, NULL, NULL, b.operators,
                       b.output_format, b.conversions, b.culprit, b.dur_ns / 1e6
                FROM back b WHERE NOT EXISTS (SELECT 1 FROM turn f WHERE f.side = 'forward' AND f.place = b.place
                                              AND f.turn = b.turn))
SELECT row_number() OVER (ORDER BY position) AS position, module_path, module_class, operators, forward_format,
       forward_conversions, forward_culprit, forward_ms, backward_operators, backward_format, backward_conversions,
       backward_culprit, backward_ms, count(*) OVER () AS places
FROM paired ORDER BY position LIMIT 2000;
