import { describe, expect, test } from 'vitest';
import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { createMemoryKeyAgreement } from '@isoquorum/platform/memory/key-agreement';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { createEnclave } from '../enclave/create-enclave.ts';
import { boxKey } from '../enclave/nacl.ts';
import { BinaryWriter } from './binary.ts';
import { decodeLegacyPayload, encodeLegacyPayload } from './legacy.ts';
import { decodePartyInfo, encodePartyInfo, normalizePartyUrl } from './party-info.ts';
import { payloadHash } from './payload-hash.ts';
import type { SealedPayload } from './payload.ts';
import { payloadForRecipient } from './recipient.ts';

const hex = bareHexToBytes;

describe('G6: primitives', () => {
  test('field and array', () => {
    expect(bytesToBareHex(new BinaryWriter().field(Uint8Array.of(5, 6, 7)).toBytes())).toBe('0000000000000003050607');
    expect(bytesToBareHex(new BinaryWriter().array([Uint8Array.of(5), Uint8Array.of(6, 7)]).toBytes())).toBe(
      '000000000000000200000000000000010500000000000000020607',
    );
    expect(bytesToBareHex(new BinaryWriter().array([]).toBytes())).toBe('0000000000000000');
  });
});

test('G3: SHA3-512 of the cipherText', () => {
  expect(bytesToBase64(payloadHash({ cipherText: utf8ToBytes('cipherText') }))).toBe(
    'TSf2lUcAAr74id42loA4Hp6ERVC0pUt6qgQWfh+N2+EhL1jvFrhXNOehxszR0COC6RLAiS6odJsFW6rSCsrMYA==',
  );
});

describe('G4: a full payload opened', () => {
  const bytes = base64ToBytes(
    'AAAAAAAAACDIZyOQXJmSVNNeufz5YiRjCJwDYQYGf3BkWRy0Bp3hfQAAAAAAAAATJ9Sb5lOtjzaZayBRFP9jOUDczAAAAAAAAAAYggoaH+1mIGV91rR0KkrM89Pizi0e6MYGAAAAAAAAAAEAAAAAAAAAMP+KGceAS1WXguC8E6lq4tvtBi2gJfMa0QZ6DAGBdBp3fDAdTq8tKOjstP1aNIFqvAAAAAAAAAAYM9xGQhx2/GYXetUmFZNMe9ED57Rh58MWAAAAAAAAAAA=',
  );
  const agreement = createMemoryKeyAgreement([base64ToBytes('yAWAJjwPqUtNVlqGjSrBmr1/iIkghuOh1803Yzx9jLM=')]);
  const ours = agreement.publicKeys()[0] as Uint8Array;
  const payload = decodeLegacyPayload(bytes);

  test('shared key, hash and plaintext', async () => {
    expect(payload.recipientKeys).toEqual([]);
    const shared = boxKey(await agreement.sharedSecret(ours, payload.senderKey));
    expect(bytesToBareHex(shared)).toBe('9064fe758587555d89a19f0cfdbfe6fd490af011687d8dec8e63643fa2e82057');
    expect(bytesToBase64(payloadHash(payload))).toBe(
      'QrAgXFRrZ8V24or+BZueIdZ6JBl2WQrqZqmmyFh/atsXyVkr2aMNEvQh0AsJvzt12oDpNkKmIv0KSnzM2HZL1w==',
    );
    const enclave = createEnclave({ keyAgreement: agreement, random: createSeededRandom(1) });
    expect(bytesToUtf8(await enclave.open(payload, ours))).toBe('foo');
  });

  test('G8: the form that current Tessera pushes', () => {
    const pushed = { ...payload, recipientKeys: [ours] };
    const expected = `${bytesToBareHex(bytes.subarray(0, -8))}00000000000000010000000000000020ffe52e0fadf322d2f511b8f190a5258cc806f19d70d0027ca4d391e22ab6c9070000000000000001000000000000000000`;
    expect(bytesToBareHex(encodeLegacyPayload(pushed))).toBe(expected);
    expect(encodeLegacyPayload(pushed)).toHaveLength(260);
    expect(decodeLegacyPayload(encodeLegacyPayload(pushed))).toEqual(pushed);
  });
});

const headA =
  '0000000000000020cd289f4e792fe6be0aebb0eadf4e1e55c338169c467c72ded724c2066d3fef08000000000000001c786f3f9c61f4991402d025aa8d90b5e5370cff780d00565c344dfc2d00000000000000188dacc60e5276048acb56030e7046fc517954e8fdb7ef067c00000000000000010000000000000030a99a005ff3304c8d8d3e36c9b27dcadeb9f5a1ab4ee8e22f4105582691f4d79f67c49b2bc7bc44932431c1853e1543e40000000000000018c105562aabf4dc1094301a242cae0fdaed069b6b6ee25f05';
const headB =
  '0000000000000020cd289f4e792fe6be0aebb0eadf4e1e55c338169c467c72ded724c2066d3fef08000000000000001c79545741d7db69b74a21aa352a27338c616c3094577cb957b10f8be900000000000000181a75c0bbfc813210d85cf1343c77fb75ea7941ad35b3ae68000000000000000100000000000000303d59edf55251ac779998462275011d9c94707af9e1dc33f40e88aa31e3d7636ac8ddff8ba7d3aab21f563d99a480b6510000000000000018a4086cb5ba3b4d71767676d00ddc8c297f5601aa4ae7e2a8';
const k1 = '23f11bb215bad72909faa4e2bd73da2b24395a64035057cc3461018f6136b94b';
const k2 = '35cd48a915bad72909fae3e2bd0fda2b24395a64035057cc3461018f6136b94b';
const oneKey = `00000000000000010000000000000020${k1}`;
const twoKeys = `00000000000000020000000000000020${k1}0000000000000020${k2}`;
const noKeys = '0000000000000000';
const flag = (value: number): string => `00000000000000010${value}`;
const noAffected = '0000000000000000';
const test1 = '0000000000000001000000000000000474657374000000000000000474657374';
const execHash = '000000000000000d657865637574696f6e48617368';

describe('G7: decoding by where the bytes end', () => {
  const cases: [string, number, string[], number, string][] = [
    [headA, 0, [], 0, ''],
    [headA + noKeys, 0, [], 0, ''],
    [headB + twoKeys, 0, [k1, k2], 0, ''],
    [headB + noKeys + flag(1) + noAffected, 1, [], 0, ''],
    [headB + noKeys + flag(1) + test1, 1, [], 1, ''],
    [headB + oneKey + flag(1) + noAffected, 1, [k1], 0, ''],
    [headB + twoKeys + flag(1) + test1, 1, [k1, k2], 1, ''],
    [headB + noKeys + flag(3) + noAffected + execHash, 3, [], 0, 'executionHash'],
    [headB + noKeys + flag(3) + test1 + execHash, 3, [], 1, 'executionHash'],
    [headB + oneKey + flag(3) + noAffected + execHash, 3, [k1], 0, 'executionHash'],
    [headB + twoKeys + flag(3) + test1 + execHash, 3, [k1, k2], 1, 'executionHash'],
  ];
  test.each(cases)('case %#', (encoded, privacyFlag, keys, affected, exec) => {
    const payload = decodeLegacyPayload(hex(encoded));
    expect(payload.privacyFlag).toBe(privacyFlag);
    expect(payload.recipientKeys.map(bytesToBareHex)).toEqual(keys);
    expect(payload.recipientBoxes).toHaveLength(1);
    expect(payload.affected).toHaveLength(affected);
    if (affected === 1) expect(bytesToUtf8(payload.affected[0]!.securityHash)).toBe('test');
    expect(bytesToUtf8(payload.execHash)).toBe(exec);
    const encodedAgain = bytesToBareHex(encodeLegacyPayload(payload));
    expect(encodedAgain.startsWith(encoded)).toBe(true);
    expect(decodeLegacyPayload(hex(encodedAgain))).toEqual(payload);
  });

  test('hashes', () => {
    expect(bytesToBase64(payloadHash(decodeLegacyPayload(hex(headA))))).toBe(
      '7lqv+hvFQcxQJHgB+d89PgfjU4Mf54gW9ixlqx+zPrAXJzlhU50wWFyURQrCFp6/bgCwfUdRvJgazO05Ij0zpg==',
    );
    expect(bytesToBase64(payloadHash(decodeLegacyPayload(hex(headB))))).toBe(
      'b9YFfdMZYU1J5Ar0pvVWQWUSq5aY/LtOBJGgxec/Agg10yQbttuRGs+JMa1vZU/35Ix6wLhyq1ugRo/frGEXYw==',
    );
  });

  test('mandatory recipients with a privacy group', () => {
    const text = utf8ToBytes;
    const payload: SealedPayload = {
      senderKey: text('SENDER'),
      cipherText: text('CIPHER_TEXT'),
      cipherTextNonce: text('NONCE'),
      recipientBoxes: [text('recipientBox')],
      recipientNonce: text('recipientNonce'),
      recipientKeys: [text('KEY1'), text('KEY2')],
      privacyFlag: 2,
      affected: [{ hash: text('hash1'), securityHash: text('1') }],
      execHash: new Uint8Array(0),
      mandatoryRecipients: [text('KEY2')],
      privacyGroupId: text('group'),
    };
    const expected =
      '000000000000000653454e444552000000000000000b4349504845525f5445585400000000000000054e4f4e43450000000000000001000000000000000c726563697069656e74426f78000000000000000e726563697069656e744e6f6e6365000000000000000200000000000000044b45593100000000000000044b455932000000000000000102000000000000000100000000000000056861736831000000000000000131000000000000000100000000000000044b455932000000000000000567726f7570';
    expect(bytesToBareHex(encodeLegacyPayload(payload))).toBe(expected);
    expect(decodeLegacyPayload(hex(expected))).toEqual(payload);
  });

  test('consistency is checked, except in the 1.0 dialect', () => {
    const psvWithout = hex(headB + oneKey + flag(3) + noAffected);
    expect(() => decodeLegacyPayload(psvWithout)).toThrow('ExecutionHash data is invalid');
    expect(decodeLegacyPayload(psvWithout, '1.0').privacyFlag).toBe(3);
    const tail = hex(headB + oneKey + flag(0) + noAffected + execHash);
    expect(bytesToUtf8(decodeLegacyPayload(tail).privacyGroupId!)).toBe('executionHash');
    expect(bytesToUtf8(decodeLegacyPayload(tail, '1.0').execHash)).toBe('executionHash');
    expect(() => decodeLegacyPayload(hex(headB + oneKey + flag(2) + noAffected))).toThrow(
      'Mandatory recipients data only applicable',
    );
    expect(decodeLegacyPayload(hex(headB + oneKey + flag(9) + noAffected)).privacyFlag).toBe(0);
  });

  test('impossible lengths are refused at once', () => {
    expect(() => decodeLegacyPayload(hex('ffffffffffffffff'))).toThrow('Invalid length -1');
    expect(() => decodeLegacyPayload(hex('000000007fffffff'))).toThrow('Invalid length 2147483647');
    expect(() => decodeLegacyPayload(hex('0000000000000005aabb'))).toThrow(/senderKey/);
    expect(() => decodeLegacyPayload(hex(headA.slice(0, -66)))).toThrow(
      expect.objectContaining({ code: 'BINARY_TRUNCATED' }),
    );
  });
});

describe('stripping for one recipient', () => {
  const keys = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
  const boxes = [11, 12, 13].map((byte) => new Uint8Array(48).fill(byte));
  const base = { ...decodeLegacyPayload(hex(headA)), recipientKeys: keys, recipientBoxes: boxes };

  test('standard: its box and its key alone', () => {
    expect(payloadForRecipient(base, keys[1]!)).toEqual({
      ...base,
      recipientKeys: [keys[1]],
      recipientBoxes: [boxes[1]],
    });
  });
  test('private state validation: all keys, its own first', () => {
    const payload: SealedPayload = { ...base, privacyFlag: 3, execHash: Uint8Array.of(1) };
    expect(payloadForRecipient(payload, keys[2]!).recipientKeys).toEqual([keys[2], keys[0], keys[1]]);
  });
  test('a stranger', () => {
    const stranger = new Uint8Array(32).fill(9);
    expect(() => payloadForRecipient(base, stranger)).toThrow(
      `Recipient ${bytesToBase64(stranger)} is not a recipient of transaction `,
    );
  });
});

describe('G11: party info', () => {
  const one =
    '0000000000000015687474703a2f2f6c6f63616c686f73743a3830303000000000000000010000000000000020d8119a0cbec716121c02d03ec433661ccc1b2ca38bffbac06f49d13d651165200000000000000015687474703a2f2f6c6f63616c686f73743a3830303100000000000000010000000000000015687474703a2f2f6c6f63616c686f73743a38303031';
  test('decodes with trailing zeros and re-encodes', () => {
    const info = decodePartyInfo(hex(one + '00'.repeat(100)));
    expect(info.url).toBe('http://localhost:8000');
    expect(info.recipients.map(({ key, url }) => [bytesToBase64(key), url])).toEqual([
      ['2BGaDL7HFhIcAtA+xDNmHMwbLKOL/7rAb0nRPWURZSA=', 'http://localhost:8001'],
    ]);
    expect(info.parties).toEqual(['http://localhost:8001']);
    expect(bytesToBareHex(encodePartyInfo(info))).toBe(one);
    const normalized = encodePartyInfo({ ...info, parties: info.parties.map(normalizePartyUrl) });
    expect(bytesToBareHex(normalized)).toBe(
      `${one.slice(0, -58)}0000000000000016687474703a2f2f6c6f63616c686f73743a383030312f`,
    );
  });
  test.each([
    '',
    'x',
    'ftp://a/',
    'http://',
    'http://a:0/',
    'http://a:99999/',
    'http://u@a/',
    'http://a b/',
    'http://a/\n',
    `http://${'a'.repeat(3000)}/`,
  ])('refuses %j', (url) => {
    expect(() => normalizePartyUrl(url)).toThrow(expect.objectContaining({ code: 'PARTY_URL_INVALID' }));
  });
  test.each([
    ['http://h:9000', 'http://h:9000/'],
    ['https://h', 'https://h/'],
    ['http://h:1/tm/', 'http://h:1/tm/'],
    ['http://[::1]:9', 'http://[::1]:9/'],
  ])('%s is %s', (url, normal) => {
    expect(normalizePartyUrl(url)).toBe(normal);
  });
});
