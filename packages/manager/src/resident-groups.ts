import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { HttpResponse } from '@isoquorum/platform/http';
import { JSON_TYPE, TEXT } from '@isoquorum/rpc/rest/media';
import type { Route } from '@isoquorum/rpc/rest/router';
import { jsonAnswer } from './http/common-routes.ts';

/** Parties of this manager that share a private state (Tessera's `residentGroups`). */
export interface ResidentGroupOptions {
  /** Also the private state identifier. */
  readonly name: string;
  readonly description?: string;
  /** Base64 keys of this manager. */
  readonly members: readonly string[];
}

/** `RESIDENT_GROUP_INVALID`: a group names a foreign key, a key is in two groups, or in none; texts are Tessera's (tessera.md 7.6). */
export type ResidentGroupErrorCode = 'RESIDENT_GROUP_INVALID';

function invalid(message: string, key: string): IsoquorumError {
  return new IsoquorumError('RESIDENT_GROUP_INVALID', message, { key }, 'STOP');
}

/** @throws RESIDENT_GROUP_INVALID */
export function checkResidentGroups(groups: readonly ResidentGroupOptions[], ownKeys: readonly EnclaveKey[]): void {
  const own = new Set(ownKeys.map(bytesToBase64));
  const members = groups.flatMap((group) => group.members);
  for (const key of members)
    if (!own.has(key))
      throw invalid(`Key PublicKey[${key}] configured in resident groups must be locally managed`, key);
  const twice = members.find((key, index) => members.indexOf(key) !== index);
  if (twice !== undefined) throw invalid('Key cannot belong to more than one resident group.', twice);
  for (const key of own)
    if (!members.includes(key)) throw invalid(`PublicKey[${key}] must belong to a resident group`, key);
}

/** `GET /groups/resident`; 503 where there are none, as in Tessera. */
export function createResidentGroupsRoute(groups: readonly ResidentGroupOptions[] | undefined): Route {
  const answer = (): HttpResponse => {
    if (groups === undefined) {
      const body = 'Multiple private state feature is not available on this privacy manager';
      return { status: 503, headers: { 'content-type': TEXT }, body };
    }
    return jsonAnswer(
      groups.map(({ name, description = '', members }) => {
        return { type: 'RESIDENT', name, privacyGroupId: bytesToBase64(utf8ToBytes(name)), description, members };
      }),
    );
  };
  return { method: 'GET', path: '/groups/resident', produces: [JSON_TYPE], handle: answer };
}
