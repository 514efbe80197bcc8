-- Made when recording ends: indexes that exist while rows are inserted cost four times their building.
CREATE INDEX IF NOT EXISTS op_by_step ON op (step_id, level);
CREATE INDEX IF NOT EXISTS op_by_def ON op (op_def_id);
CREATE INDEX IF NOT EXISTS kernel_by_op ON kernel (op_id);
CREATE INDEX IF NOT EXISTS conversion_by_op ON conversion (op_id);
CREATE INDEX IF NOT EXISTS conversion_by_step ON conversion (step_id);
CREATE INDEX IF NOT EXISTS op_tensor_by_op ON op_tensor_def (op_def_id);
CREATE INDEX IF NOT EXISTS kernel_by_step ON kernel (step_id);
