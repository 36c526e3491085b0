CREATE TABLE "effects" (
	"job_id" uuid NOT NULL,
	"key" text NOT NULL,
	"tenant_id" text NOT NULL,
	"result" jsonb,
	"done_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "effects_job_id_key_pk" PRIMARY KEY("job_id","key")
);
--> statement-breakpoint
CREATE TABLE "redis_epochs" (
	"bucket" smallint PRIMARY KEY NOT NULL,
	"epoch" text NOT NULL,
	"noted_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"user_id" text,
	"role" text NOT NULL,
	"task" text NOT NULL,
	"queue_class" text NOT NULL,
	"data" jsonb NOT NULL,
	"priority" smallint NOT NULL,
	"max_attempts" smallint NOT NULL,
	"timeout_ms" integer NOT NULL,
	"cron" text,
	"timezone" text,
	"every_ms" bigint,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
DROP INDEX "jobs_unfinished";--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "worker_id" text;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "attempt_started_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "schedules_newest_first" ON "schedules" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "jobs_unfinished" ON "jobs" USING btree ("tenant_id","id") WHERE finished_at IS NULL;--> statement-breakpoint
-- A claim then finds room for the new row in the same page, which leaves every index as it is.
ALTER TABLE "jobs" SET (fillfactor = 70);
