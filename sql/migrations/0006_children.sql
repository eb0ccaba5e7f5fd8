-- Executions that a task of another one started (type `workflow`).

ALTER TABLE executions
  ADD COLUMN parent uuid,
  ADD COLUMN parent_task text,
  ADD COLUMN depth integer NOT NULL DEFAULT 0;
CREATE INDEX executions_parent ON executions (parent, id) WHERE parent IS NOT NULL;
