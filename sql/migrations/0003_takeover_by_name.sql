-- Gives the live executions of a dead node to another one, as ropewalk_take_over does, and names them. No rows also when
-- the old node is gone already or lives, or the new one does not.
CREATE FUNCTION ropewalk_take_over_by_name(p_old bigint, p_new bigint, p_by_force boolean)
RETURNS TABLE (execution uuid, has_begun boolean)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(21079, p_new::integer);
  PERFORM pg_advisory_xact_lock(21079, p_old::integer);
  IF NOT EXISTS (SELECT FROM nodes n WHERE n.epoch = p_new) THEN RETURN; END IF;
  DELETE FROM nodes n WHERE n.epoch = p_old AND (p_by_force OR n.lease_until < clock_timestamp());
  IF NOT FOUND THEN RETURN; END IF;
  DELETE FROM journal_heads h WHERE h.epoch = p_old;
  RETURN QUERY UPDATE executions e SET owner = p_new WHERE e.owner = p_old AND e.status < 3
    RETURNING e.id, e.started_at IS NOT NULL;
END $$;

CREATE OR REPLACE FUNCTION ropewalk_expect(p_found bigint, p_expected bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF p_found <> p_expected THEN
    RAISE EXCEPTION '% of % executions are gone, owned by another node, or have gone on without this change',
      p_expected - p_found, p_expected USING ERRCODE = 'RW003';
  END IF;
END $$;
