import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createMemoryKeyAgreement, enclavePublicKey } from '@isoquorum/platform/memory/key-agreement';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { replayExchanges } from '@isoquorum/manager/testing/replay/replay';
import { nodeArgon2 } from '@isoquorum/manager/node/native-argon2';
import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bareHexToBytes, bytesToHex } from '@isoquorum/primitives/hex';
import { decodeLegacyPayload, encodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import { decodePartyInfo, encodePartyInfo } from '@isoquorum/privacy/codec/party-info';
import type { SealedPayload } from '@isoquorum/privacy/codec/payload';
import { payloadHash } from '@isoquorum/privacy/codec/payload-hash';
import { createEnclave } from '@isoquorum/privacy/enclave/create-enclave';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import { formatUnlockedKey, openKeyFile } from '@isoquorum/privacy/enclave/key-file';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import { expectEqual, isWanted, runCase } from './check.ts';
import { readOptionalJson } from './files.ts';
import { payloadCases } from './tessera-payloads.ts';
import type { TesseraCase } from './tessera-case.ts';

interface KeyFile {
  readonly name: string;
  readonly password?: string;
  readonly keyFileText: string;
  /** Absent where only the password was changed. */
  readonly pubFileText: string | null;
  readonly privateKey: string;
}

interface Keys {
  readonly keyPairs: readonly { readonly name: string; readonly publicKey: string; readonly privateKey: string }[];
  readonly keyFiles: readonly KeyFile[];
}

async function checkKeyFile(file: KeyFile): Promise<void> {
  const key = await openKeyFile(file.keyFileText, file.password, nodeArgon2);
  expectEqual(bytesToBase64(key), file.privateKey, 'the private key');
  if (file.pubFileText !== null) expectEqual(bytesToBase64(enclavePublicKey(key)), file.pubFileText, 'the public key');
  const { type } = JSON.parse(file.keyFileText) as { readonly type: string };
  if (type === 'unlocked') expectEqual(formatUnlockedKey(key), file.keyFileText, 'the file');
}

function* keyCases(path: string): Generator<TesseraCase> {
  const keys = readOptionalJson<Keys>(join(path, 'keys.json'));
  for (const { name, publicKey, privateKey } of keys?.keyPairs ?? []) {
    const run = (): void =>
      expectEqual(bytesToBase64(enclavePublicKey(base64ToBytes(privateKey))), publicKey, 'the public key');
    yield { name: `keys pair ${name}`, run };
  }
  for (const file of keys?.keyFiles ?? []) yield { name: `keys file ${file.name}`, run: () => checkKeyFile(file) };
}

interface DecodedPayload {
  readonly senderKey: string;
  readonly cipherText: string;
  readonly cipherTextNonce: string;
  readonly recipientBoxes: readonly string[];
  readonly recipientNonce: string;
  readonly recipientKeys: readonly string[];
  /** A number when Tessera has no such mode; it reads that as the standard one. */
  readonly privacyMode: string | number;
  readonly affectedContractTransactions: readonly unknown[];
  readonly execHash: string;
  readonly trailingBytes?: number;
}

const MODES = ['STANDARD_PRIVATE', 'PARTY_PROTECTION', 'MANDATORY_RECIPIENTS', 'PRIVATE_STATE_VALIDATION'] as const;

/** Modes of the recorded version, which reads every other flag as the standard one (vectors/tessera/README.md). */
const KNOWN_MODES: readonly (string | number)[] = [MODES[0], MODES[1], MODES[3]];

/** Sealed bytes against their recorded fields, and back to the same bytes where nothing trails. */
function checkSealed(bytes: Uint8Array, decoded: DecodedPayload): SealedPayload {
  const payload = decodeLegacyPayload(bytes, '1.0');
  const fields = {
    senderKey: bytesToBase64(payload.senderKey),
    cipherText: bytesToBase64(payload.cipherText),
    cipherTextNonce: bytesToBase64(payload.cipherTextNonce),
    recipientBoxes: payload.recipientBoxes.map(bytesToBase64),
    recipientNonce: bytesToBase64(payload.recipientNonce),
    recipientKeys: payload.recipientKeys.map(bytesToBase64),
    privacyMode: MODES[payload.privacyFlag],
  };
  const { senderKey, cipherText, cipherTextNonce, recipientBoxes, recipientNonce, recipientKeys } = decoded;
  const privacyMode = KNOWN_MODES.find((mode) => mode === decoded.privacyMode) ?? MODES[0];
  const expected = {
    senderKey,
    cipherText,
    cipherTextNonce,
    recipientBoxes,
    recipientNonce,
    recipientKeys,
    privacyMode,
  };
  expectEqual(fields, expected, 'the decoded payload');
  expectEqual(
    payload.affected.length,
    decoded.affectedContractTransactions.length,
    'the number of affected transactions',
  );
  if ((decoded.trailingBytes ?? 0) > 0 || !KNOWN_MODES.includes(decoded.privacyMode)) return payload;
  // Forms of old peers end early: they are a beginning of today's.
  const encoding = encodeLegacyPayload(payload);
  const isOldForm = bytes.length < encoding.length;
  expectEqual(bytesToHex(isOldForm ? encoding.subarray(0, bytes.length) : encoding), bytesToHex(bytes), 'the encoding');
  return payload;
}

interface StorageRow {
  readonly hash: string;
  readonly encodedPayloadHex: string;
  readonly decoded: DecodedPayload;
}

interface RawRow {
  readonly hash: string;
  readonly encryptedPayloadHex: string;
  readonly encryptedKeyHex: string;
  readonly nonceHex: string;
  readonly sender: string;
  readonly derived?: { readonly plaintextBase64?: string };
}

type Storage = Readonly<
  Record<
    string,
    Readonly<
      Record<
        string,
        { readonly encryptedTransaction?: readonly StorageRow[]; readonly encryptedRawTransaction?: readonly RawRow[] }
      >
    >
  >
>;

async function checkRawRow(row: RawRow, enclave: Enclave): Promise<void> {
  const raw = {
    encryptedPayload: bareHexToBytes(row.encryptedPayloadHex),
    encryptedKey: bareHexToBytes(row.encryptedKeyHex),
    nonce: bareHexToBytes(row.nonceHex),
    from: base64ToBytes(row.sender),
  };
  const plaintext = row.derived?.plaintextBase64;
  if (plaintext !== undefined) expectEqual(bytesToBase64(await enclave.openRaw(raw)), plaintext, 'the plaintext');
  const hash = payloadHash({ cipherText: raw.encryptedPayload });
  expectEqual(bytesToBase64(hash), row.hash, 'the hash');
}

function* storageCases(path: string): Generator<TesseraCase> {
  const storage = readOptionalJson<Storage>(join(path, 'storage.json.gz'));
  const keys = readOptionalJson<Keys>(join(path, 'keys.json'));
  const privateKeys = (keys?.keyPairs ?? []).map(({ privateKey }) => base64ToBytes(privateKey));
  const enclave = createEnclave({
    keyAgreement: createMemoryKeyAgreement(privateKeys),
    random: createSeededRandom('storage'),
  });
  for (const moment of ['afterScenarios', 'afterRecovery']) {
    for (const [node, tables] of Object.entries(storage?.[moment] ?? {})) {
      for (const row of tables.encryptedTransaction ?? []) {
        const run = (): void => {
          const payload = checkSealed(bareHexToBytes(row.encodedPayloadHex), row.decoded);
          expectEqual(bytesToBase64(payloadHash(payload)), row.hash, 'the hash');
        };
        yield { name: `storage ${moment} ${node} ${row.hash.slice(0, 12)}`, run };
      }
      for (const row of tables.encryptedRawTransaction ?? []) {
        yield { name: `storage ${moment} ${node} raw ${row.hash.slice(0, 12)}`, run: () => checkRawRow(row, enclave) };
      }
    }
  }
}

interface Body {
  readonly bodyBase64?: string;
  readonly decodedPartyInfo?: PartyInfoJson;
  readonly decodedPayload?: DecodedPayload;
}

interface PartyInfoJson {
  readonly url: string;
  readonly recipients: readonly { readonly key: string; readonly url: string }[];
  readonly parties: readonly string[];
  readonly trailingBytes?: number;
}

interface Exchange {
  readonly id?: string;
  readonly request: Body;
  readonly response?: Body & { readonly status?: number };
  readonly caused?: readonly Exchange[];
}

function checkPartyInfo(bytes: Uint8Array, decoded: PartyInfoJson): void {
  const info = decodePartyInfo(bytes);
  const recipients = info.recipients.map(({ key, url }) => ({ key: bytesToBase64(key), url }));
  const { url, parties } = decoded;
  expectEqual(
    { url: info.url, recipients, parties: info.parties },
    { url, recipients: decoded.recipients, parties },
    'the party info',
  );
  if ((decoded.trailingBytes ?? 0) === 0)
    expectEqual(bytesToHex(encodePartyInfo(info)), bytesToHex(bytes), 'the encoding');
}

/** A body that the original refused may be refused here by the decoder already. */
function checkSealedBody(bytes: Uint8Array, decoded: DecodedPayload, isRefused: boolean): void {
  try {
    checkSealed(bytes, decoded);
  } catch (error) {
    if (!isRefused || !isIsoquorumError(error)) throw error;
  }
}

/** Bodies of recorded exchanges whose fields are recorded too. */
function* bodyCases(title: string, exchanges: readonly Exchange[]): Generator<TesseraCase> {
  for (const [index, exchange] of exchanges.entries()) {
    const name = `${title} ${exchange.id ?? index}`;
    for (const [side, body] of [
      ['request', exchange.request],
      ['response', exchange.response],
    ] as const) {
      const { bodyBase64, decodedPartyInfo, decodedPayload } = body ?? {};
      if (bodyBase64 === undefined) continue;
      const bytes = base64ToBytes(bodyBase64);
      if (decodedPartyInfo !== undefined)
        yield { name: `${name} ${side} body`, run: () => checkPartyInfo(bytes, decodedPartyInfo) };
      if (decodedPayload === undefined) continue;
      const isRefused = side === 'request' && (exchange.response?.status ?? 200) >= 400;
      yield { name: `${name} ${side} body`, run: () => checkSealedBody(bytes, decodedPayload, isRefused) };
    }
    yield* bodyCases(`${name} caused`, exchange.caused ?? []);
  }
}

interface Groups {
  readonly groups: readonly { readonly group: string; readonly exchanges: readonly Exchange[] }[];
}

interface PartyInfoFile {
  readonly startup: { readonly exchanges: readonly Exchange[] };
  readonly validation: { readonly exchanges: readonly Exchange[] };
}

function* exchangeBodyCases(path: string): Generator<TesseraCase> {
  const partyInfo = readOptionalJson<PartyInfoFile>(join(path, 'partyinfo.json'));
  yield* bodyCases('partyinfo startup', partyInfo?.startup.exchanges ?? []);
  yield* bodyCases('partyinfo validation', partyInfo?.validation.exchanges ?? []);
  for (const file of ['http.json.gz', 'recovery.json']) {
    for (const { group, exchanges } of readOptionalJson<Groups>(join(path, file))?.groups ?? [])
      yield* bodyCases(`bodies ${group}`, exchanges);
  }
}

function* allCases(path: string): Generator<TesseraCase> {
  yield* keyCases(path);
  yield* payloadCases(path);
  yield* storageCases(path);
  yield* exchangeBodyCases(path);
}

/** Suite `tessera`: key files, sealed payloads, stored rows, party info, recorded from Tessera 1.0.0. */
export async function* tesseraSuite(path: string, options: SuiteOptions): AsyncGenerator<CaseResult> {
  for (const { name, run } of allCases(path)) {
    if (isWanted(name, options)) yield await runCase(name, run);
  }
  if (!existsSync(join(path, 'http.json.gz'))) return;
  for await (const result of replayExchanges(path, options)) yield result;
}
