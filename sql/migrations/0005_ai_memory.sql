-- Answers of models that are used again, and what was said in conversations. Bodies are JSON, as text: only their
-- writer reads them.

CREATE TABLE response_cache (
  key text PRIMARY KEY,                  -- SHA-256 of the request, hex
  body text NOT NULL,
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 90);
CREATE INDEX response_cache_expiry ON response_cache (expires_at);

CREATE TABLE conversation_turns (
  conversation text NOT NULL,            -- the user's key, or its hash where that is too long for an index
  number bigint GENERATED ALWAYS AS IDENTITY,
  turn_id text NOT NULL,                 -- of the attempt: a turn that is written again is written once
  created_at timestamptz NOT NULL DEFAULT now(),
  body text NOT NULL,
  PRIMARY KEY (conversation, number),
  UNIQUE (conversation, turn_id)
);
CREATE INDEX conversation_turns_age ON conversation_turns (created_at);

DO $$
BEGIN
  ALTER TABLE response_cache ALTER COLUMN body SET COMPRESSION lz4;
  ALTER TABLE conversation_turns ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$;
