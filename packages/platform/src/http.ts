/** HTTP as the shells see it: whole bodies in, whole bodies or a stream of chunks out. Adapters: `node/http-server`, `node/http-client`. */
export interface HttpRequest {
  readonly method: string;
  /** The path as sent: percent-escapes, `+` and `=` untouched. */
  readonly path: string;
  /** Without `?`; empty when absent. */
  readonly query: string;
  /** Lower-case names; several lines of one name are joined by `, ` as HTTP allows. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  readonly remoteAddress: string | undefined;
  /** Aborted when the client goes away or the server stops. */
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Reason phrase; default that of the status. */
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as UTF-8. A stream is sent chunked. */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse> | HttpResponse;

export interface HttpClientRequest {
  readonly method: string;
  /** `http://host:port/path`, or `unix:/path/to.sock:/path`. The path is sent as given. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Whole exchange; default 30,000. */
  readonly timeoutMs?: number;
  /** Larger answers are an error; default 32 MiB. */
  readonly maxBodyBytes?: number;
  readonly signal?: AbortSignal;
}

export interface HttpClientResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** Rejects with HTTP_UNREACHABLE, HTTP_TIMEOUT, HTTP_BODY_TOO_LARGE, HTTP_ABORTED. Any status resolves. */
export interface HttpClient {
  request(request: HttpClientRequest): Promise<HttpClientResponse>;
  /** Closes idle connections. */
  close(): void;
}
