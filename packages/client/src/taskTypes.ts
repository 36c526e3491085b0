/** A schema of any library that follows https://standardschema.dev, such as zod, as far as types need it. */
export interface TypedSchema {
  readonly '~standard': {
    readonly types?: { readonly input: unknown; readonly output: unknown } | undefined;
  };
}

/** A task, as `defineTask` of `@sluice/tasks` makes it, as far as types need it. */
export interface AnyTask {
  readonly name: string;
  readonly data: TypedSchema;
}

/** Every task of a module, an object or lists of tasks; what else a module exports is skipped. */
export type TaskOf<Tasks> = [OwnTask<Tasks>] extends [never] ? AnyTask : OwnTask<Tasks>;

type OwnTask<Tasks> = Tasks extends AnyTask
  ? Tasks
  : Tasks extends readonly (infer Item)[]
    ? Extract<Item, AnyTask>
    : { [Name in keyof Tasks]: ListedTask<Tasks[Name]> }[keyof Tasks];

type ListedTask<Exported> = Exported extends AnyTask
  ? Exported
  : Exported extends readonly (infer Item)[]
    ? Extract<Item, AnyTask>
    : never;

/** Names of the tasks. */
export type TaskName<Tasks> = TaskOf<Tasks>['name'];

/** A task by its name, or the task itself, from which Data and Result are inferred. */
export type TaskRef<Tasks> = TaskName<Tasks> | AnyTask;

/** The tasks that a reference may mean: one, unless names are not literal types. */
type Referred<Tasks, Ref> = Ref extends AnyTask ? Ref : Named<TaskOf<Tasks>, Ref>;

type Named<Task, Name> = Task extends AnyTask ? (Name extends Task['name'] ? Task : never) : never;

/** What is submitted to a task: the input of its schema, so fields with defaults may be left out. */
export type TaskData<Tasks, Ref> = DataOf<Referred<Tasks, Ref>>;

/** What a task's jobs result in: by its `result` schema, otherwise by its handler. */
export type TaskResult<Tasks, Ref> = ResultOf<Referred<Tasks, Ref>>;

type DataOf<Task> = Task extends { readonly data: infer Schema } ? InputOf<Schema> : never;

type ResultOf<Task> = Task extends AnyTask
  ? unknown extends OutputOf<Property<Task, 'result'>>
    ? HandledBy<Property<Task, 'handler'>>
    : OnWire<OutputOf<Property<Task, 'result'>>>
  : never;

type Property<Task, Name> = Name extends keyof Task ? NonNullable<Task[Name]> : unknown;

type HandledBy<Handler> = Handler extends (...input: never[]) => infer Returned ? OnWire<Awaited<Returned>> : unknown;

/** A handler that returns nothing results in null. */
type OnWire<Result> = [Result] extends [Nothing] ? null : Result;

type Nothing = ReturnType<() => void>;

type OutputOf<Schema> = Schema extends TypedSchema ? NonNullable<Schema['~standard']['types']>['output'] : unknown;

/** A schema whose input is not known takes what it gives. */
type InputOf<Schema> = Schema extends TypedSchema
  ? unknown extends NonNullable<Schema['~standard']['types']>['input']
    ? OutputOf<Schema>
    : NonNullable<Schema['~standard']['types']>['input']
  : unknown;

/** One job of a batch: `task` decides what `data` is. */
export type BatchJob<Tasks, Options> = BatchJobOf<TaskOf<Tasks>> & Options;

type BatchJobOf<Task> = Task extends AnyTask ? { readonly task: Task['name']; readonly data: DataOf<Task> } : never;

/** Name of a task that was given by name or as such. */
export function nameOfTask(task: string | AnyTask): string {
  return typeof task === 'string' ? task : task.name;
}
