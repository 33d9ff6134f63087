import { base64ToBytes } from '@isoquorum/primitives/base64';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToUtf8 } from '@isoquorum/primitives/utf8';
import { type JsonObject, optionalText, parseJson } from './json.ts';
import type { Q2tGroup } from './q2t.ts';

function invalid(field: string, expected: string): IsoquorumError {
  return new IsoquorumError('JSON_FIELD_INVALID', `${field}: expected ${expected}`, { field });
}

function readGroup(group: unknown): Q2tGroup {
  if (typeof group !== 'object' || group === null || Array.isArray(group)) throw invalid('group', 'an object');
  const object = group as JsonObject;
  const { members } = object;
  if (!Array.isArray(members) || !members.every((member) => typeof member === 'string'))
    throw invalid('members', 'an array of strings');
  const id = optionalText(object, 'privacyGroupId') ?? '';
  const psi = optionalText(object, 'type') === 'RESIDENT' ? bytesToUtf8(base64ToBytes(id, 'privacyGroupId')) : id;
  return { name: optionalText(object, 'name') ?? '', psi, members };
}

/**
 * The answer of `/groups/resident`: `[{type, name, privacyGroupId, description, from, members[]}]`. The identifier of a `RESIDENT` group is
 * base64 of its text, that of another one is the text itself (goquorum.md 5.1). @throws JSON_INVALID, JSON_FIELD_INVALID, BASE64_INVALID, UTF8_INVALID
 */
export function parseResidentGroups(body: Uint8Array): readonly Q2tGroup[] {
  const groups = parseJson(body);
  if (!Array.isArray(groups)) throw invalid('groups', 'an array');
  return groups.map(readGroup);
}
