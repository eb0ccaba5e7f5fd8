-- The first schema. Status numbers are those of engine/model/status.hpp; 3 and above are terminal.
-- No foreign keys: the journal writes in batches what the engine has already checked.

CREATE TABLE definitions (
  hash text PRIMARY KEY,                 -- SHA-256 of the canonical form, hex
  body text NOT NULL,                    -- as JSON, in the order of its author
  source text,                           -- as it was written, where that differs
  used_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE workflows (
  name text NOT NULL,
  version integer NOT NULL,
  hash text NOT NULL,
  source text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (name, version)
);
CREATE INDEX workflows_hash ON workflows (hash);

-- id is a UUID version 7: its order is the order of creation.
CREATE TABLE executions (
  id uuid PRIMARY KEY,
  owner bigint NOT NULL,                 -- epoch of the node that runs it, or ran it last
  last_seq bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  workflow_version integer NOT NULL,     -- 0: an inline definition
  status smallint NOT NULL,
  priority smallint NOT NULL,
  paused boolean NOT NULL DEFAULT false,
  cancel_requested boolean NOT NULL DEFAULT false,
  workflow text NOT NULL,
  definition_hash text NOT NULL,
  directory text,
  idempotency_key text,                  -- unique by the table `idempotency`
  concurrency_key text,
  labels jsonb,
  inputs json NOT NULL,
  error json
) WITH (fillfactor = 85);
CREATE INDEX executions_live ON executions (owner, id) WHERE status < 3;
CREATE INDEX executions_ended_badly ON executions (status, id) WHERE status > 3;
CREATE INDEX executions_workflow ON executions (workflow, id);
CREATE INDEX executions_labels ON executions USING gin (labels jsonb_path_ops) WHERE labels IS NOT NULL;
CREATE INDEX executions_inline ON executions (definition_hash) WHERE workflow_version = 0;

CREATE TABLE tasks (
  execution uuid NOT NULL,
  queued_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  retry_at timestamptz,
  attempt integer NOT NULL,
  tries integer NOT NULL,
  interruptions integer NOT NULL,
  status smallint NOT NULL,
  task text NOT NULL,
  output json,
  error json,
  usage json,
  PRIMARY KEY (execution, task)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.1);

-- Attempts that did not settle their task.
CREATE TABLE attempts (
  execution uuid NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  attempt integer NOT NULL,
  task text NOT NULL,
  error json,
  usage json,
  PRIMARY KEY (execution, task, attempt)
);

-- One row a chunk; `frames` holds one JSON object a line, numbered first_seq to last_seq.
CREATE TABLE events (
  execution uuid NOT NULL,
  last_seq bigint NOT NULL,
  first_seq bigint NOT NULL,
  log_task text,                         -- all lines are log lines of this task
  frames text NOT NULL,
  PRIMARY KEY (execution, last_seq)
);
CREATE INDEX events_logs ON events (execution, log_task, last_seq) WHERE log_task IS NOT NULL;

CREATE TABLE idempotency (
  key text PRIMARY KEY,
  execution uuid NOT NULL,
  request_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- A server process that holds a lease. Its epoch is what its writes are fenced by.
CREATE SEQUENCE node_epochs;
CREATE TABLE nodes (
  epoch bigint PRIMARY KEY DEFAULT nextval('node_epochs'),
  node_id text NOT NULL,                 -- the same for every process on one data directory
  name text NOT NULL,
  address text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  lease_until timestamptz NOT NULL
);

-- The last batch that each shard of a node committed.
CREATE TABLE journal_heads (
  epoch bigint NOT NULL,
  shard integer NOT NULL,
  batch bigint NOT NULL,
  PRIMARY KEY (epoch, shard)
) WITH (fillfactor = 20);

-- Every batch begins here. The shared lock is what a takeover waits for (ropewalk_take_over): a transaction of the old
-- owner either ends before the takeover or fails here. 21079 is our class of advisory locks ("RW").
CREATE FUNCTION ropewalk_begin_batch(p_epoch bigint, p_shard integer, p_batch bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(21079, p_epoch::integer);
  IF NOT EXISTS (SELECT FROM nodes WHERE epoch = p_epoch) THEN
    RAISE EXCEPTION 'node epoch % has been taken over', p_epoch USING ERRCODE = 'RW001';
  END IF;
  UPDATE journal_heads SET batch = p_batch
    WHERE epoch = p_epoch AND shard = p_shard AND batch < p_batch;
  IF FOUND THEN RETURN; END IF;
  INSERT INTO journal_heads (epoch, shard, batch) VALUES (p_epoch, p_shard, p_batch)
    ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'batch % of shard % was committed before', p_batch, p_shard USING ERRCODE = 'RW002';
  END IF;
END $$;

CREATE FUNCTION ropewalk_expect(p_found bigint, p_expected bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF p_found <> p_expected THEN
    RAISE EXCEPTION '% of % executions are gone or owned by another node', p_expected - p_found, p_expected
      USING ERRCODE = 'RW003';
  END IF;
END $$;

-- Gives the live executions of a dead node to another one. -1: the old node is gone already, or lives; -2: the new one
-- does not live. Returns how many executions changed hands.
CREATE FUNCTION ropewalk_take_over(p_old bigint, p_new bigint, p_by_force boolean) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_count bigint;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(21079, p_new::integer);
  PERFORM pg_advisory_xact_lock(21079, p_old::integer);
  IF NOT EXISTS (SELECT FROM nodes WHERE epoch = p_new) THEN RETURN -2; END IF;
  DELETE FROM nodes WHERE epoch = p_old AND (p_by_force OR lease_until < clock_timestamp());
  IF NOT FOUND THEN RETURN -1; END IF;
  DELETE FROM journal_heads WHERE epoch = p_old;
  UPDATE executions SET owner = p_new WHERE owner = p_old AND status < 3;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

-- lz4 where this PostgreSQL has it: faster than the default compression.
DO $$
BEGIN
  ALTER TABLE tasks ALTER COLUMN output SET COMPRESSION lz4;
  ALTER TABLE events ALTER COLUMN frames SET COMPRESSION lz4;
  ALTER TABLE executions ALTER COLUMN inputs SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$;
