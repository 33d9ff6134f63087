import type { HttpHandler, HttpResponse } from '@isoquorum/platform/http';
import { TEXT } from '@isoquorum/rpc/rest/media';

export interface GuardOptions {
  /** Host names under which the server may be asked; absent: any (a public server, or a unix socket). */
  readonly hosts?: readonly string[];
  /** Origins whose pages may read answers; other origins may not change anything. Absent: no check of origins. */
  readonly origins?: readonly string[];
}

function hostName(header: string): string {
  return header.replace(/:\d+$/, '').toLowerCase();
}

function corsHeaders(
  origin: string,
  request: { readonly headers: Readonly<Record<string, string | undefined>> },
): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET,POST,PUT,DELETE,OPTIONS,HEAD',
    'access-control-allow-headers': request.headers['access-control-request-headers'] ?? 'content-type',
    vary: 'Origin',
  };
}

/**
 * Keeps web pages away from a loopback server: a foreign `Host` (DNS rebinding) is refused, a foreign `Origin` may not change anything, and only
 * listed origins get CORS headers.
 */
export function guard(handler: HttpHandler, options: GuardOptions): HttpHandler {
  const refuse = (text: string): HttpResponse => ({ status: 403, headers: { 'content-type': TEXT }, body: text });
  return async (request) => {
    const host = request.headers['host'];
    if (options.hosts !== undefined && host !== undefined && !options.hosts.includes(hostName(host)))
      return refuse('Host not allowed');
    const origin = request.headers['origin'];
    if (origin === undefined || options.origins === undefined) return handler(request);
    const isListed = options.origins.includes(origin);
    const isReading = request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS';
    if (!isListed && !isReading) return refuse('Origin not allowed');
    const answer = await handler(request);
    return isListed ? { ...answer, headers: { ...answer.headers, ...corsHeaders(origin, request) } } : answer;
  };
}
