CREATE TABLE "tenant_quotas" (
	"tenant_id" text NOT NULL,
	"upstream" text NOT NULL,
	"calls_per_window" integer,
	"window_ms" integer NOT NULL,
	"calls_at_a_time" integer,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenant_quotas_tenant_id_upstream_pk" PRIMARY KEY("tenant_id","upstream")
);
