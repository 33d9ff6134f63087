import type { HttpHandler, HttpRequest, HttpResponse } from '@isoquorum/platform/http';
import { mediaType, negotiate, TEXT } from './media.ts';

/** A request that matched a route: variables of the path decoded once, the answer's media type chosen. */
export interface RoutedRequest extends HttpRequest {
  readonly variables: Readonly<Record<string, string>>;
  readonly produces: string | undefined;
  /** First value of a query parameter, percent-decoded (`+` stays); `undefined` when absent. */
  parameter(name: string): string | undefined;
}

/** One operation of a REST server; several may share method and path and differ in media types. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/transaction/{hash}`: a variable is one segment. */
  readonly path: string;
  /** Accepted content types; absent: any, also none. */
  readonly consumes?: readonly string[];
  /** Media types of the answer in order of preference; absent: the handler says. */
  readonly produces?: readonly string[];
  readonly handle: (request: RoutedRequest) => Promise<HttpResponse> | HttpResponse;
}

/** `%2F` and `%2B` inside a segment are data; a raw `+` is a plus. `undefined` when malformed. */
export function decodePart(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

interface Compiled {
  readonly route: Route;
  readonly segments: readonly string[];
}

function matchPath(segments: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  if (segments.length !== path.length) return undefined;
  const variables: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const actual = path[index] as string;
    if (segment.startsWith('{')) {
      const value = decodePart(actual);
      if (value === undefined || value === '') return undefined;
      variables[segment.slice(1, -1)] = value;
    } else if (segment !== actual) return undefined;
  }
  return variables;
}

function parameterOf(query: string): (name: string) => string | undefined {
  return (name) => {
    for (const part of query.split('&')) {
      const mark = part.indexOf('=');
      if ((mark < 0 ? part : part.slice(0, mark)) === name) return mark < 0 ? '' : decodePart(part.slice(mark + 1));
    }
    return undefined;
  };
}

/** The container's answers as Tessera gives them: everything but 400 and 404 becomes 500 with the status in its text. */
export function containerAnswer(status: 400 | 404 | 405 | 406 | 415): HttpResponse {
  const reasons = {
    400: 'Bad Request',
    404: 'Not Found',
    405: 'Method Not Allowed',
    406: 'Not Acceptable',
    415: 'Unsupported Media Type',
  };
  const outer = status === 400 || status === 404 ? status : 500;
  return { status: outer, headers: { 'content-type': TEXT }, body: `HTTP ${status} ${reasons[status]}` };
}

/** Routes requests by path, method, content type and accepted type, in that order, and turns what handlers throw into answers. */
export function createRouter(
  routes: readonly Route[],
  onError: (error: unknown, request: HttpRequest) => HttpResponse,
): HttpHandler {
  const compiled: Compiled[] = routes.map((route) => ({ route, segments: route.path.split('/').slice(1) }));
  return async (request) => {
    const path = (request.path.length > 1 ? request.path.replace(/\/$/, '') : request.path).split('/').slice(1);
    const matching = compiled.flatMap(({ route, segments }) => {
      const variables = matchPath(segments, path);
      return variables === undefined ? [] : [{ route, variables }];
    });
    if (matching.length === 0) return containerAnswer(404);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (method === 'OPTIONS') {
      const allowed = new Set(
        matching.flatMap(({ route }) => (route.method === 'GET' ? ['HEAD', 'GET'] : [route.method])),
      );
      return { status: 200, headers: { allow: [...allowed, 'OPTIONS'].join(',') } };
    }
    const ofMethod = matching.filter(({ route }) => route.method === method);
    if (ofMethod.length === 0) return containerAnswer(405);
    const media = mediaType(request.headers['content-type']);
    const consuming = ofMethod.filter(({ route }) => route.consumes === undefined || route.consumes.includes(media));
    if (consuming.length === 0) return containerAnswer(415);
    for (const { route, variables } of consuming) {
      const produces = route.produces === undefined ? undefined : negotiate(request.headers['accept'], route.produces);
      if (route.produces !== undefined && produces === undefined) continue;
      try {
        return await route.handle({ ...request, variables, produces, parameter: parameterOf(request.query) });
      } catch (error) {
        return onError(error, request);
      }
    }
    return containerAnswer(406);
  };
}
