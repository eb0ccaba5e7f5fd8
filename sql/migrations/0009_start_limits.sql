-- How often and when executions of a workflow may begin: `rateLimit`, `debounce` and `singleton` of its definition.
-- Counted by the database's clock, in one row a group, so that they hold for all nodes and after a restart.

CREATE TABLE start_groups (
  name text PRIMARY KEY,                 -- "rate/<workflow>/<key>", …, or its hash where that is too long for an index
  starts timestamptz[],                  -- of a rate limit: those that count, also those to come; the oldest first
  execution uuid,                        -- of a debounce: the latest; of a singleton: the one that runs
  opened_at timestamptz,                 -- of a debounce: when the first of the calls came
  until timestamptz,                     -- of a debounce: when the latest begins
  touched_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Executions that were accepted and do not begin at once.
CREATE TABLE start_waits (
  execution uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  kind text NOT NULL,                    -- rateLimit, debounce
  name text NOT NULL                     -- of the group
);

CREATE FUNCTION ropewalk_start_group(p_name text) RETURNS start_groups
LANGUAGE plpgsql AS $$
DECLARE
  g start_groups;
BEGIN
  INSERT INTO start_groups (name) VALUES (p_name) ON CONFLICT (name) DO NOTHING;
  SELECT * INTO g FROM start_groups WHERE name = p_name FOR UPDATE;
  RETURN g;
END $$;

-- Whether the execution may be accepted, and how long it has to wait: until it may begin, or be asked for again.
CREATE FUNCTION ropewalk_rate_limit(
  p_name text, p_execution uuid, p_limit integer, p_per_us bigint, p_queue_max integer,
  OUT allowed boolean, OUT wait_us bigint
) LANGUAGE plpgsql AS $$
DECLARE
  g start_groups := ropewalk_start_group(p_name);
  per interval := p_per_us * interval '1 microsecond';
  t timestamptz := clock_timestamp();
  kept timestamptz[];
  n integer;
  begins timestamptz;
BEGIN
  SELECT coalesce(array_agg(s ORDER BY s), '{}') INTO kept FROM unnest(g.starts) s WHERE s > t - per;
  n := cardinality(kept);
  begins := CASE WHEN n < p_limit THEN t ELSE greatest(t, kept[n - p_limit + 1] + per) END;
  allowed := begins <= t OR n < p_limit + p_queue_max;
  wait_us := ceil(extract(epoch FROM begins - t) * 1000000);
  IF allowed THEN
    UPDATE start_groups SET starts = kept || begins, touched_at = t WHERE name = p_name;
    IF begins > t THEN
      INSERT INTO start_waits VALUES (p_execution, begins, 'rateLimit', p_name) ON CONFLICT DO NOTHING;
    END IF;
  END IF;
END $$;

-- When the execution begins, unless a later one comes, and which one it takes the place of (NULL: none).
CREATE FUNCTION ropewalk_debounce(
  p_name text, p_execution uuid, p_delay_us bigint, p_longest_us bigint,
  OUT superseded uuid, OUT wait_us bigint
) LANGUAGE plpgsql AS $$
DECLARE
  g start_groups := ropewalk_start_group(p_name);
  t timestamptz := clock_timestamp();
  opened timestamptz := t;
  begins timestamptz;
BEGIN
  IF g.until > t THEN
    opened := g.opened_at;
    superseded := g.execution;
  END IF;
  begins := least(t + p_delay_us * interval '1 microsecond', opened + p_longest_us * interval '1 microsecond');
  begins := greatest(begins, t);
  wait_us := ceil(extract(epoch FROM begins - t) * 1000000);
  UPDATE start_groups SET execution = p_execution, opened_at = opened, until = begins, touched_at = t WHERE name = p_name;
  INSERT INTO start_waits VALUES (p_execution, begins, 'debounce', p_name)
    ON CONFLICT (execution) DO UPDATE SET at = excluded.at;
END $$;

-- The execution that runs already; NULL: none does, and this one has the place. One that was given the place but is
-- not there yet counts for half a minute.
CREATE FUNCTION ropewalk_singleton(p_name text, p_execution uuid, OUT holder uuid, OUT is_accepted boolean)
LANGUAGE plpgsql AS $$
DECLARE
  g start_groups := ropewalk_start_group(p_name);
  live boolean;
BEGIN
  IF g.execution <> p_execution THEN
    SELECT e.status < 3 INTO live FROM executions e WHERE e.id = g.execution;
    is_accepted := live IS NOT NULL;
    IF live OR (live IS NULL AND g.touched_at > clock_timestamp() - interval '30 seconds') THEN
      holder := g.execution;
      RETURN;
    END IF;
  END IF;
  UPDATE start_groups SET execution = p_execution, touched_at = clock_timestamp() WHERE name = p_name;
END $$;
