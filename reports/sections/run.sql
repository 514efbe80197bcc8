-- The run: model, device, policy, versions (one row a run or rank)
SELECT run_id, source, command_line, model, device, device_name, policy, memory_format, autocast_dtype, batch_size,
       threads, rank, world_size, started_unix_ns, library_versions
FROM runs ORDER BY run_id;
