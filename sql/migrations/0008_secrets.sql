-- Secrets that were set through the API, encrypted: what they are is nowhere in the database.

CREATE TABLE secrets (
  name text PRIMARY KEY,
  version bigint NOT NULL,               -- of this value; never used twice
  key_id text NOT NULL,                  -- of the key that it is encrypted with; the key itself is in a file
  sealed text NOT NULL,                  -- base64: nonce, ciphertext, tag; bound to name and version
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE SEQUENCE secret_versions;
