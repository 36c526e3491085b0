CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"role" text NOT NULL,
	"name" text,
	"user_id" text,
	"hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "attempts" (
	"job_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"tenant_id" text NOT NULL,
	"worker_id" text NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone,
	"outcome" text,
	"error" jsonb,
	"retry_at" timestamp (3) with time zone,
	CONSTRAINT "attempts_job_id_number_pk" PRIMARY KEY("job_id","number")
);
--> statement-breakpoint
CREATE TABLE "dead_letters" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"job_id" uuid NOT NULL,
	"tenant_id" text NOT NULL,
	"task" text NOT NULL,
	"category" text NOT NULL,
	"severity" text NOT NULL,
	"error" jsonb NOT NULL,
	"attempts" integer NOT NULL,
	"queued_at" timestamp (3) with time zone,
	"died_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"redriven_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"scope" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" text NOT NULL,
	"seed" uuid NOT NULL,
	"status" smallint,
	"headers" jsonb,
	"body" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"held_until" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_scope_key_pk" PRIMARY KEY("scope","key")
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"user_id" text,
	"role" text NOT NULL,
	"task" text NOT NULL,
	"queue_class" text NOT NULL,
	"queue_job_id" text,
	"state" text NOT NULL,
	"priority" smallint NOT NULL,
	"data" jsonb NOT NULL,
	"max_attempts" smallint NOT NULL,
	"timeout_ms" integer NOT NULL,
	"due_at" timestamp (3) with time zone,
	"dedupe_key" text,
	"durability" text NOT NULL,
	"traceparent" text,
	"fence" integer DEFAULT 0 NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"deferrals" integer DEFAULT 0 NOT NULL,
	"crashes" integer DEFAULT 0 NOT NULL,
	"cancel_requested_at" timestamp (3) with time zone,
	"result" jsonb,
	"error" jsonb,
	"accepted_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"queued_at" timestamp (3) with time zone,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "scaling_decisions" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"decided_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"waiting" integer NOT NULL,
	"active" integer NOT NULL,
	"previous" smallint,
	"desired" smallint NOT NULL,
	"policy" text NOT NULL,
	"reason" text NOT NULL,
	"leader_fence" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"weight" integer DEFAULT 1 NOT NULL,
	"plan" text DEFAULT 'standard' NOT NULL,
	"signing_secret" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_hash" ON "api_keys" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "api_keys_tenant" ON "api_keys" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "dead_letters_newest_first" ON "dead_letters" USING btree ("tenant_id","died_at","id");--> statement-breakpoint
CREATE INDEX "dead_letters_job" ON "dead_letters" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_oldest_first" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "jobs_newest_first" ON "jobs" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "jobs_unfinished" ON "jobs" USING btree ("tenant_id") WHERE finished_at IS NULL;--> statement-breakpoint
CREATE INDEX "jobs_to_enqueue" ON "jobs" USING btree ("id") WHERE queued_at IS NULL AND finished_at IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_dedupe" ON "jobs" USING btree ("tenant_id","dedupe_key") WHERE dedupe_key IS NOT NULL AND finished_at IS NULL;--> statement-breakpoint
CREATE INDEX "scaling_decisions_newest_first" ON "scaling_decisions" USING btree ("tenant_id","id");