-- Round trips of the median steady step: each conversion and operator on the path, in order
WITH trip AS MATERIALIZED
       (SELECT r.round_trip_id, r.kind, s.has_times, r.dur_ns, r.exposed_ns, r.bytes, r.first_conversion_id,
               r.last_conversion_id, s.round_trips AS trips
        FROM median_step s CROSS JOIN median_longest l CROSS JOIN round_trip r ON r.round_trip_id = l.id
        WHERE l.kind = 'round_trip' LIMIT 300),
     ends AS (SELECT round_trip_id, -1 AS position, first_conversion_id AS conversion_id FROM trip
              UNION ALL SELECT round_trip_id, 1 << 30, last_conversion_id FROM trip
                        WHERE last_conversion_id IS NOT first_conversion_id),
     member AS MATERIALIZED (SELECT * FROM round_trip_member WHERE round_trip_id IN (SELECT round_trip_id FROM trip))
SELECT t.round_trip_id, t.kind, t.dur_ns AS trip_dur_ns, t.exposed_ns AS trip_exposed_ns, t.bytes AS trip_bytes,
       e.position, 'conversion' AS role, c.op_name AS name, c.module_path, c.from_format, c.to_format,
       c.cause, c.shape, c.source_dtype AS dtype, CASE WHEN t.has_times THEN c.dur_ns END AS dur_ns,
       c.bytes_read + c.bytes_written AS bytes, t.trips
FROM trip t JOIN ends e USING (round_trip_id) JOIN conversions c USING (conversion_id)
UNION ALL
SELECT t.round_trip_id, t.kind, t.dur_ns, t.exposed_ns, t.bytes,
       m.position + CASE WHEN m.role = 'consumer' THEN 2 << 30 ELSE 0 END, m.role, o.name, o.module_path,
       o.input_format, o.output_format, NULL, o.output_shape,
       (SELECT d.dtype FROM op_tensor_def d WHERE d.op_def_id = o.op_def_id AND d.direction = 'out' AND d.shape = o.output_shape
        ORDER BY d.position LIMIT 1),
       CASE WHEN t.has_times THEN o.dur_ns END,
       (SELECT d.bytes FROM op_tensor_def d WHERE d.op_def_id = o.op_def_id AND d.direction = 'out' AND d.shape = o.output_shape
        ORDER BY d.position LIMIT 1), t.trips
FROM member m JOIN trip t USING (round_trip_id) JOIN operators o USING (op_id)
ORDER BY 3 DESC, 1, 6;
