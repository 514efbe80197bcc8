-- Makes a trace of format 1 one of format 2: what format 2 tells is NULL (unknown) there, and every operator was one of
-- level 0.
ALTER TABLE op ADD COLUMN parent_op_id INTEGER;
ALTER TABLE op ADD COLUMN level INTEGER NOT NULL DEFAULT 0;
ALTER TABLE kernel ADD COLUMN launch_ns INTEGER;
ALTER TABLE step ADD COLUMN mode TEXT;
ALTER TABLE finding ADD COLUMN situation TEXT;
