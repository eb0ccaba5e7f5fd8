-- What starts workflows: schedules by the clock, hooks when others call. Definitions are JSON as they were given.

CREATE TABLE schedules (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- a later one of the same name has another
  version bigint NOT NULL DEFAULT 1,     -- counts changes: who decides on ticks must have seen the latest
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  decided_until timestamptz NOT NULL DEFAULT now(),    -- ticks up to here are done with
  next_at timestamptz DEFAULT now(),     -- when there is something to decide next; NULL: never
  skipped_tick timestamptz,              -- the last one that started nothing
  skipped bigint NOT NULL DEFAULT 0,     -- how many did
  paused boolean NOT NULL,
  name text NOT NULL UNIQUE,
  timing text NOT NULL,                  -- what its ticks follow from
  skipped_reason text,
  definition json NOT NULL,
  error json                             -- why the last start failed; NULL: it did not
) WITH (fillfactor = 70);
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL AND NOT paused;

-- One row a tick that starts something, written with the decision that it does: who dies before the start leaves it to
-- others. state: 0 waits for the one before, 1 is to be started, 2 was started, 3 has ended, 4 could not be started.
CREATE TABLE schedule_starts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  schedule bigint NOT NULL,
  tick timestamptz NOT NULL,
  due_at timestamptz NOT NULL,           -- the tick with its jitter
  started_at timestamptz,
  claimed_by bigint,                     -- state 1: the epoch of the node that starts it,
  claimed_until timestamptz,             -- and how long others leave it to that one
  execution uuid,
  state smallint NOT NULL,
  cancel_wanted boolean NOT NULL DEFAULT false,
  error json
) WITH (fillfactor = 70);
CREATE INDEX schedule_starts_schedule ON schedule_starts (schedule, id);
CREATE INDEX schedule_starts_open ON schedule_starts (schedule, state) WHERE state < 3;

CREATE TABLE hooks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- a later one of the same name has another
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  name text NOT NULL UNIQUE,
  definition json NOT NULL
);

-- The last deliveries of each hook.
CREATE TABLE hook_deliveries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hook bigint NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  execution uuid,
  result text NOT NULL,
  delivery text,                         -- the sender's id of it
  detail json NOT NULL
);
CREATE INDEX hook_deliveries_hook ON hook_deliveries (hook, id);
