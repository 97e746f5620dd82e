import type { Json } from '../../src/core/json';

/** Members of a problem document, RFC 9457. */
export interface ProblemBody {
  readonly status: number;
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly howToFix: string;
  readonly docs: string;
  readonly requestId: string;
  readonly problems?: readonly {
    readonly path: string;
    readonly message: string;
    readonly line?: number;
    readonly column?: number;
  }[];
}

/** An answer as an outside client sees it. The type of the body is the test's claim; it asserts it. */
export interface RestAnswer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface Rest {
  readonly url: string;
  withKey(key: string | undefined): Rest;
  get<T = ProblemBody>(path: string): Promise<RestAnswer<T>>;
  post<T = ProblemBody>(path: string, body?: Json): Promise<RestAnswer<T>>;
  put<T = ProblemBody>(path: string, body: Json): Promise<RestAnswer<T>>;
  delete<T = ProblemBody>(path: string, body?: Json): Promise<RestAnswer<T>>;
  /** A body that may be anything, as bytes or text. */
  raw<T = ProblemBody>(
    method: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    contentType?: string,
  ): Promise<RestAnswer<T>>;
}

/**
 * Plain HTTP against a running server: nothing of the product's own clients is in the way.
 * @param limitMs after which a call fails, as one that nobody answered does
 */
export function createRest(url: string, key?: string, limitMs = 60_000): Rest {
  const send = async <T>(
    method: string,
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
    contentType = 'application/json',
  ): Promise<RestAnswer<T>> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      signal: AbortSignal.timeout(limitMs),
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': contentType }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const { status, headers } = answer;
    return { status, headers, body: parsed(await answer.text()) as T };
  };
  const json = (body: Json | undefined): string | undefined =>
    body === undefined ? undefined : JSON.stringify(body);
  return {
    url,
    withKey: (other) => createRest(url, other, limitMs),
    get: (path) => send('GET', path),
    post: (path, body = {}) => send('POST', path, json(body)),
    put: (path, body) => send('PUT', path, json(body)),
    delete: (path, body) => send('DELETE', path, json(body)),
    raw: (method, path, body, contentType) => send(method, path, body, contentType),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
