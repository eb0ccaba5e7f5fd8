-- What bounds a task over all its attempts, and so must outlive a crash.
ALTER TABLE tasks
  ADD COLUMN first_queued_at timestamptz,
  ADD COLUMN log_bytes bigint NOT NULL DEFAULT 0;
