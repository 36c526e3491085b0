-- A transaction that names a tenant in "sluice.tenant" sees and writes that tenant's rows alone, whatever its statements
-- say; one that names none works for the fleet (group commits, claims, sweeps). FORCE: the owner is held to it, too.
-- A CASE, because the planner then takes half of the rows to pass, and chooses the same indexes as without.
ALTER TABLE "jobs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "jobs" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "own_tenant" ON "jobs" USING (CASE coalesce(current_setting('sluice.tenant', true), '') WHEN '' THEN true ELSE "tenant_id" = current_setting('sluice.tenant', true) END);--> statement-breakpoint
ALTER TABLE "attempts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "attempts" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "own_tenant" ON "attempts" USING (CASE coalesce(current_setting('sluice.tenant', true), '') WHEN '' THEN true ELSE "tenant_id" = current_setting('sluice.tenant', true) END);--> statement-breakpoint
ALTER TABLE "dead_letters" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "dead_letters" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "own_tenant" ON "dead_letters" USING (CASE coalesce(current_setting('sluice.tenant', true), '') WHEN '' THEN true ELSE "tenant_id" = current_setting('sluice.tenant', true) END);--> statement-breakpoint
ALTER TABLE "effects" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "effects" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "own_tenant" ON "effects" USING (CASE coalesce(current_setting('sluice.tenant', true), '') WHEN '' THEN true ELSE "tenant_id" = current_setting('sluice.tenant', true) END);--> statement-breakpoint
ALTER TABLE "schedules" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "schedules" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "own_tenant" ON "schedules" USING (CASE coalesce(current_setting('sluice.tenant', true), '') WHEN '' THEN true ELSE "tenant_id" = current_setting('sluice.tenant', true) END);--> statement-breakpoint
ALTER TABLE "api_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "api_keys" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "own_tenant" ON "api_keys" USING (CASE coalesce(current_setting('sluice.tenant', true), '') WHEN '' THEN true ELSE "tenant_id" = current_setting('sluice.tenant', true) END);--> statement-breakpoint
ALTER TABLE "scaling_decisions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "scaling_decisions" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "own_tenant" ON "scaling_decisions" USING (CASE coalesce(current_setting('sluice.tenant', true), '') WHEN '' THEN true ELSE "tenant_id" = current_setting('sluice.tenant', true) END);--> statement-breakpoint
ALTER TABLE "tenants" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "tenants" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "own_tenant" ON "tenants" USING (CASE coalesce(current_setting('sluice.tenant', true), '') WHEN '' THEN true ELSE "id" = current_setting('sluice.tenant', true) END);--> statement-breakpoint
ALTER TABLE "idempotency_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "idempotency_keys" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "own_tenant" ON "idempotency_keys" USING (CASE coalesce(current_setting('sluice.tenant', true), '') WHEN '' THEN true ELSE "scope" = current_setting('sluice.tenant', true) END);
