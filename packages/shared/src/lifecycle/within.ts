/** Settles with the work, or rejects with the error from `late` when the work takes longer than `ms`. */
export function within<Answer>(ms: number, work: Promise<Answer>, late: () => Error): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
