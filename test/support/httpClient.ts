/** A response of the producer, with its body parsed as JSON. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Calls the producer's API with one credential. */
export interface HttpClient {
  /** The client's credential. */
  readonly token: string;
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<HttpAnswer>;
  /** Sends a request and returns the body; throws unless the response has this status. */
  expect(status: number, method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
}

/** Creates a client of the producer at `url`. */
export function createHttpClient(
  url: string,
  token: string,
  defaults: Readonly<Record<string, string>> = {},
): HttpClient {
  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpAnswer> {
    const answer = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...defaults,
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
  }
  return {
    token,
    call,
    async expect(status, method, path, body) {
      const answer = await call(method, path, body);
      if (answer.status === status) return answer.body;
      throw new Error(`${method} ${path} answered ${answer.status}, not ${status}: ${JSON.stringify(answer.body)}`);
    },
  };
}
