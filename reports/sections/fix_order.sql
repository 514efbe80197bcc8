-- What to fix first, then next: cumulative lost throughput won back
WITH fix AS (SELECT position, ',' || replace(replace(replace(finding_ids, ' ', ''), '[', ''), ']', '') || ',' AS ids,
                    lost_percent_cumulative FROM fix_order)
SELECT fix.position, trim(fix.ids, ',') AS finding_ids, fix.lost_percent_cumulative,
       fix.lost_percent_cumulative - lag(fix.lost_percent_cumulative, 1, 0) OVER (ORDER BY fix.position) AS lost_percent_added,
       (SELECT group_concat(label, ', ') FROM
          (SELECT coalesce(f.op_name, nullif(f.module_path, ''), f.together_with, 'finding ' || f.finding_id)
                  || CASE WHEN f.scope = 'instance' AND f.module_path <> '' THEN ' in ' || f.module_path ELSE '' END
                  || CASE WHEN f.phase = 'backward' AND f.op_name NOT LIKE '%backward%'
                          THEN ' (backward)' ELSE '' END AS label
           FROM findings f WHERE instr(fix.ids, ',' || f.finding_id || ',') ORDER BY f.finding_id)) AS what,
       (SELECT max(f.advice) FROM findings f WHERE instr(fix.ids, ',' || f.finding_id || ',')) AS advice,
       (SELECT o.finding_id FROM findings f JOIN findings o ON o.op_name = f.op_name
        WHERE instr(fix.ids, ',' || f.finding_id || ',') AND o.scope = 'operator' AND o.verdict <> 'clean'
          AND (o.phase IS NULL OR o.phase IS f.phase)
        ORDER BY f.finding_id LIMIT 1) AS operator_finding_id
FROM fix ORDER BY fix.position;
