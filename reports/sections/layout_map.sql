-- Layout map: modules of the median steady step in order of execution, with the memory format of the 4-D tensors they give
WITH early AS MATERIALIZED -- a step of more is of no model, but all of a trace without steps
       (SELECT o.op_id FROM op o WHERE EXISTS (SELECT 1 FROM median_step) AND o.step_id IS (SELECT step_id FROM median_step)
        AND o.level = 0 ORDER BY o.op_id LIMIT 20000),
     converted AS MATERIALIZED
       (SELECT c.op_id, count(*) AS conversions FROM early CROSS JOIN conversion c USING (op_id) GROUP BY c.op_id),
     blamed AS MATERIALIZED
       (SELECT op_id FROM round_trip_member WHERE role = 'culprit' AND op_id IN (SELECT op_id FROM early)),
     ran AS (SELECT o.op_id, CASE o.phase WHEN 'backward' THEN 'backward' ELSE 'forward' END AS side, o.module_path,
                    o.module_class, o.name, o.output_format,
                    -- what a module gives is its last operator's, not that of a cast or, backward, of a sum beside it
                    CASE WHEN o.name = 'aten::_to_copy' THEN 0 WHEN o.forward_op_id IS NULL THEN 1 ELSE 2 END AS rank,
                    CASE WHEN s.has_times THEN o.dur_ns END AS dur_ns,
                    ifnull(v.conversions, 0) AS conversions, o.op_id IN (SELECT op_id FROM blamed) AS culprit
             FROM median_step s CROSS JOIN early CROSS JOIN operators o USING (op_id) LEFT JOIN converted v USING (op_id)
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
     turn AS (SELECT v.*, ifnull('in ' || v.module_path, '') AS place, g.output_format,
                     row_number() OVER (PARTITION BY v.side, v.module_path
                     ORDER BY CASE v.side WHEN 'forward' THEN v.visit ELSE -v.visit END) AS turn
              FROM visited v LEFT JOIN given g USING (side, visit)),
     paired AS (SELECT ifnull(max(CASE side WHEN 'forward' THEN visit END), (1 << 30) - max(visit)) AS position,
                       max(module_path) AS module_path, max(module_class) AS module_class,
                       max(CASE side WHEN 'forward' THEN operators END) AS operators,
                       max(CASE side WHEN 'forward' THEN output_format END) AS forward_format,
                       max(CASE side WHEN 'forward' THEN conversions END) AS forward_conversions,
                       max(CASE side WHEN 'forward' THEN culprit END) AS forward_culprit,
                       max(CASE side WHEN 'forward' THEN dur_ns / 1e6 END) AS forward_ms,
                       max(CASE side WHEN 'backward' THEN operators END) AS backward_operators,
                       max(CASE side WHEN 'backward' THEN output_format END) AS backward_format,
                       max(CASE side WHEN 'backward' THEN conversions END) AS backward_conversions,
                       max(CASE side WHEN 'backward' THEN culprit END) AS backward_culprit,
                       max(CASE side WHEN 'backward' THEN dur_ns / 1e6 END) AS backward_ms
                FROM turn GROUP BY place, turn) -- one row of each side at most
SELECT row_number() OVER (ORDER BY position) AS position, module_path, module_class, operators, forward_format,
       forward_conversions, forward_culprit, forward_ms, backward_operators, backward_format, backward_conversions,
       backward_culprit, backward_ms, count(*) OVER () AS places
FROM paired ORDER BY position LIMIT 2000;
