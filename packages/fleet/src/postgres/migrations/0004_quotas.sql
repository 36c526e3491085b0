CREATE TABLE "tenant_quotas" (
	"tenant_id" text NOT NULL,
	"upstream" text NOT NULL,
	"calls_per_window" integer,
	"window_ms" integer NOT NULL,
	"calls_at_a_time" integer,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenant_quotas_tenant_id_upstream_pk" PRIMARY KEY("tenant_id","upstream")
);
--> statement-breakpoint
ALTER TABLE "tenant_quotas" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "tenant_quotas" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "own_tenant" ON "tenant_quotas" USING (CASE coalesce(current_setting('sluice.tenant', true), '') WHEN '' THEN true ELSE "tenant_id" = current_setting('sluice.tenant', true) END);
