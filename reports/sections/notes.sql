-- Notes: what a reader of this trace should know
SELECT text FROM note ORDER BY note_id;
