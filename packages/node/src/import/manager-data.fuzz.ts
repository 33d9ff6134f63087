import { Buffer } from 'node:buffer';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { parseResidentGroups } from '@isoquorum/rpc/rest/resident-groups';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createPrivateGroups } from '../private/private-groups.ts';
import { createManagerData } from './manager-data.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 200);
const digest = new Uint8Array(64).fill(0xab);
const name = `0x${'ab'.repeat(64)}`;
const sealed = { senderKey: 'AAA=', cipherText: 'Y2lwaGVy' };
const payload = Buffer.from(JSON.stringify(sealed)).toString('base64');
const opening = {
  node: 1,
  request: { method: 'POST', path: '/encodedpayload/decrypt', body: JSON.stringify(sealed) },
  response: { status: 200, body: JSON.stringify({ payload: 'AQID' }) },
};
const groups = {
  node: 1,
  request: { method: 'GET', path: '/groups/resident' },
  response: {
    status: 200,
    body: JSON.stringify([{ type: 'RESIDENT', name: 'A', privacyGroupId: 'UFNB', members: ['AAA='] }]),
  },
};
const payloads = { [name]: { payload, senderKey: 'AAA=' } };

it('opens what its own party sealed, and lists groups', async () => {
  const files = { payloads, details: { [name]: { isSender: 'true' } }, exchanges: [opening, groups], node: 1 };
  const data = createManagerData(files);
  expect(await data.source.sealedHere!(digest)).toEqual({ content: Uint8Array.of(1, 2, 3), senderKey: 'AAA=' });
  expect(data.groups).toEqual([{ name: 'A', psi: 'PSA', members: ['AAA='] }]);
  expect(createManagerData({ ...files, node: 2 }).groups).toBeUndefined();
  const stranger = createManagerData({ ...files, details: { [name]: { isSender: 'false' } } });
  expect(await stranger.source.sealedHere!(digest)).toBeUndefined();
});

it('refuses other recordings with a code, and is never wrong about what it took', async () => {
  const part = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(opening, groups, payloads));
  await fc.assert(
    fc.asyncProperty(
      part,
      part,
      fc.oneof(part, fc.array(part, { maxLength: 3 })),
      async (first, details, exchanges) => {
        try {
          const data = createManagerData({ payloads: first, details, exchanges });
          await data.source.sealedHere!(digest);
        } catch (error) {
          if (!isIsoquorumError(error)) throw error;
          expect(error.code).toMatch(/^(MANAGER_DATA_INVALID|PAYLOADS_INVALID|UTF8_INVALID|BASE64_INVALID)$/);
        }
      },
    ),
    { numRuns },
  );
});

it('takes groups with their own names and members, and no others', () => {
  const group = fc.record(
    {
      type: fc.constantFrom('RESIDENT', 'LEGACY', 1),
      name: fc.oneof(fc.string(), fc.integer()),
      privacyGroupId: fc.oneof(fc.constantFrom('UFNB', 'UFNC', 'ZW1wdHk='), fc.string()),
      members: fc.oneof(fc.array(fc.constantFrom('AAA=', 'BBB=')), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.array(group, { maxLength: 3 }), fc.jsonValue()), (listed) => {
      try {
        const made = createPrivateGroups(parseResidentGroups(utf8ToBytes(JSON.stringify(listed))));
        expect(made.names.at(-1)).toBe('empty');
        for (const psi of made.names) for (const member of made.members(psi)) expect(made.psiOf(member)).toBe(psi);
      } catch (error) {
        if (!isIsoquorumError(error)) throw error;
        expect(error.code).toMatch(/^(JSON_|BASE64_INVALID|UTF8_INVALID|PRIVATE_GROUPS_CLASH)/);
      }
    }),
    { numRuns },
  );
});
