-- What tasks wait for, signals that come from outside, and executions that go on from the results of others.
ALTER TABLE tasks
  ADD COLUMN waiting json,                -- of a `wait` that is under way: engine/model/wait_plan.hpp
  ADD COLUMN reused_from text;            -- "<execution>/<task>": its result was taken over, it did not run
CREATE INDEX tasks_approvals ON tasks (execution, task) WHERE waiting ->> 'for' = 'approval';

ALTER TABLE executions ADD COLUMN replay_of uuid;
CREATE INDEX executions_replays ON executions (replay_of, id) WHERE replay_of IS NOT NULL;

CREATE TABLE signals (
  execution uuid NOT NULL,
  number bigint NOT NULL,
  at timestamptz NOT NULL,
  name text NOT NULL,
  key text,                              -- of its sender: the same key counts once
  request_hash text,
  taken_by text,                         -- the task; NULL: nobody yet
  payload json,                          -- NULL when it was taken: it is the task's output
  PRIMARY KEY (execution, number)
) WITH (fillfactor = 90);
CREATE INDEX signals_keys ON signals (execution, key) WHERE key IS NOT NULL;
