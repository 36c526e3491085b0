import type { Pool } from 'pg';

/**
 * A trigger in the ledger's database that records every change of every job, independently of the fleet's code. And the
 * table of the effects of `system.fault`: without a unique constraint, so that only the fleet prevents duplicates.
 */
const RECORD = `
CREATE SCHEMA faults;
CREATE TABLE faults.transitions (
  seq bigserial PRIMARY KEY, job_id uuid NOT NULL, from_state text, to_state text, from_fence integer, to_fence integer,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON faults.transitions (job_id, seq);
CREATE FUNCTION faults.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.state = OLD.state AND NEW.fence = OLD.fence THEN RETURN NULL; END IF;
  INSERT INTO faults.transitions (job_id, from_state, to_state, from_fence, to_fence)
  VALUES (coalesce(NEW.id, OLD.id), OLD.state, NEW.state, OLD.fence, NEW.fence);
  RETURN NULL;
END $$;
CREATE TABLE fault_effects (job_id uuid NOT NULL, tenant_id text NOT NULL, attempt integer NOT NULL);
CREATE TRIGGER note_transition AFTER INSERT OR UPDATE OR DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION faults.note();
`;

/** Starts recording; the ledger must be migrated. */
export async function recordTransitions(ledger: Pool): Promise<void> {
  await ledger.query(RECORD);
}
