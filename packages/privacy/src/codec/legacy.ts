import { BinaryReader, BinaryWriter } from './binary.ts';
import {
  type AffectedTransaction,
  checkPrivacyMetadata,
  type PrivacyFlag,
  type SealedPayload,
  toPrivacyFlag,
} from './payload.ts';

/**
 * How the fields behind the affected map are read. `24.4`: by privacy mode (tessera.md 1.2). `1.0`: the first one is the
 * execHash in every mode and nothing is checked (tessera.md 14).
 */
export type PayloadDialect = '24.4' | '1.0';

const none: Uint8Array = new Uint8Array(0);

/**
 * Tessera's LEGACY encoding of a sealed payload (tessera.md 1.2), what `/push` carries and what is stored.
 * The order of the affected map and of mandatory recipients is the payload's own.
 */
export function encodeLegacyPayload(payload: SealedPayload): Uint8Array {
  const writer = new BinaryWriter()
    .field(payload.senderKey)
    .field(payload.cipherText)
    .field(payload.cipherTextNonce)
    .array(payload.recipientBoxes)
    .field(payload.recipientNonce)
    .array(payload.recipientKeys)
    .field(Uint8Array.of(payload.privacyFlag))
    .count(payload.affected.length);
  for (const { hash, securityHash } of payload.affected) writer.field(hash).field(securityHash);
  if (payload.execHash.length > 0) writer.field(payload.execHash);
  if (payload.privacyFlag === 2) writer.array(payload.mandatoryRecipients);
  if (payload.privacyGroupId !== undefined) writer.field(payload.privacyGroupId);
  return writer.toBytes();
}

/**
 * Decodes LEGACY bytes of any age: Constellation's (ends after the recipient nonce), early Tessera's (after the keys), and
 * later ones. Trailing bytes are ignored, as Tessera ignores them. Fields are views of `bytes`.
 * @throws BINARY_TRUNCATED, BINARY_LENGTH_INVALID, EXEC_HASH_INVALID, MANDATORY_RECIPIENTS_INVALID
 */
export function decodeLegacyPayload(bytes: Uint8Array, dialect: PayloadDialect = '24.4'): SealedPayload {
  const reader = new BinaryReader(bytes);
  const head = {
    senderKey: reader.field('senderKey'),
    cipherText: reader.field('cipherText'),
    cipherTextNonce: reader.field('cipherTextNonce'),
    recipientBoxes: reader.array('recipientBoxes'),
    recipientNonce: reader.field('recipientNonce'),
  };
  const recipientKeys = reader.remaining > 0 ? reader.array('recipientKeys') : [];
  let privacyFlag: PrivacyFlag = 0;
  const affected: AffectedTransaction[] = [];
  let execHash = none;
  let mandatoryRecipients: Uint8Array[] = [];
  let privacyGroupId: Uint8Array | undefined;
  if (reader.remaining > 0) {
    privacyFlag = toPrivacyFlag(reader.field('privacyFlag')[0] ?? 0);
    if (dialect === '1.0' && privacyFlag === 2) privacyFlag = 0;
    const count = reader.count('affectedContractTransactions', 16);
    for (let index = 0; index < count; index++) {
      const hash = reader.field('affectedContractTransactions');
      affected.push({ hash, securityHash: reader.field('affectedContractTransactions') });
    }
    if (reader.remaining > 0 && (privacyFlag === 3 || dialect === '1.0')) execHash = reader.field('execHash');
    if (dialect !== '1.0') {
      if (reader.remaining > 0 && privacyFlag === 2) mandatoryRecipients = reader.array('mandatoryRecipients');
      const group = reader.remaining > 0 ? reader.field('privacyGroupId') : none;
      if (group.length > 0) privacyGroupId = group;
    }
  }
  const payload = { ...head, recipientKeys, privacyFlag, affected, execHash, mandatoryRecipients, privacyGroupId };
  if (dialect !== '1.0') checkPrivacyMetadata(payload);
  return payload;
}
