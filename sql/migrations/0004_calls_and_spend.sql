-- What attempts leave behind for people, tasks that others called as tools, and what calls to paid services cost.
ALTER TABLE tasks
  ADD COLUMN hold smallint NOT NULL DEFAULT 0,  -- whether a person has to let it go on: engine/model/records.hpp
  ADD COLUMN detail json,
  ADD COLUMN input json,                        -- of a called task: its arguments
  ADD COLUMN parent text;                       -- of a called task: who called it
ALTER TABLE attempts ADD COLUMN detail json;

-- One row an attempt and model. Outlives its execution: pruned by its own age.
CREATE TABLE spend (
  at timestamptz NOT NULL,
  execution uuid NOT NULL,
  calls bigint NOT NULL,
  input_tokens bigint NOT NULL,
  cached_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  cost_usd double precision,                    -- NULL: the price is not known
  attempt integer NOT NULL,
  task text NOT NULL,
  workflow text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL
);
CREATE INDEX spend_execution ON spend (execution);
CREATE INDEX spend_workflow ON spend (workflow, at);
CREATE INDEX spend_at ON spend (at);
