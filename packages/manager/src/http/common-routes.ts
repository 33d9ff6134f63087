import type { HttpResponse } from '@isoquorum/platform/http';
import { JSON_TYPE, TEXT } from '@isoquorum/rpc/rest/media';
import type { Route } from '@isoquorum/rpc/rest/router';
import type { TesseraProfile } from '../tessera-profile.ts';

export function textAnswer(body: string, status = 200): HttpResponse {
  return { status, headers: { 'content-type': TEXT }, body };
}

export function jsonAnswer(
  value: unknown,
  type: string = JSON_TYPE,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return { status, headers: { 'content-type': type, ...headers }, body: JSON.stringify(value) };
}

/** What every server answers (tessera.md 3.1). */
export function createCommonRoutes(profile: TesseraProfile): Route[] {
  const text = (path: string, body: string): Route => ({
    method: 'GET',
    path,
    produces: [TEXT],
    handle: () => textAnswer(body),
  });
  return [
    { method: 'GET', path: '/', handle: () => ({ status: 200 }) },
    text('/upcheck', "I'm up!"),
    text('/version', profile.version),
    text('/version/distribution', profile.version),
    { method: 'GET', path: '/version/api', produces: [JSON_TYPE], handle: () => jsonAnswer(profile.apiVersions) },
  ];
}
