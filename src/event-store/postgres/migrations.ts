/**
 * The steps that create the tables. A step is never changed once it was released: its position is its version.
 *
 * - `event_head`: one row, which each append updates first. Appends therefore commit in the order of their positions,
 *   and a reader never sees a position before a lower one.
 * - `event.record`: text, since jsonb would reorder it.
 * - `event_key`: which events are known, in a table of its own: an event may come again after the replay window.
 * - `event_gone`: up to where the entries of a kind were deleted.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE event_head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    store uuid NOT NULL,
    position bigint NOT NULL,
    stored_at timestamptz NOT NULL
  );
  INSERT INTO event_head (store, position, stored_at) VALUES (gen_random_uuid(), 0, clock_timestamp());

  CREATE TABLE event (
    position bigint PRIMARY KEY,
    stored_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    kind text NOT NULL,
    event_id text NOT NULL,
    record text NOT NULL
  );
  CREATE INDEX event_kind ON event (kind, position);
  CREATE INDEX event_id ON event (event_id, position);
  CREATE INDEX event_stored_at ON event (stored_at);

  CREATE TABLE event_key (
    key text PRIMARY KEY,
    attempt uuid NOT NULL,
    position bigint NOT NULL,
    stored_at timestamptz NOT NULL
  );
  CREATE INDEX event_key_stored_at ON event_key (stored_at);

  CREATE TABLE event_gone (
    kind text PRIMARY KEY,
    position bigint NOT NULL
  );
  `,
]
