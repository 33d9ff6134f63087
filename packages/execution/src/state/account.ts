import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyCodeHash, emptyTrieRoot } from '@isoquorum/primitives/header';
import { rlpBigintSize, writeRlpBigint, writeRlpHeader } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import type { Account } from './types.ts';

/** An account that was never touched. */
export const emptyAccount: Account = { nonce: 0n, balance: 0n, storageRoot: emptyTrieRoot, codeHash: emptyCodeHash };

/** Empty in the sense of EIP-161: no nonce, no balance, no code. */
export function isEmptyAccount(account: Account): boolean {
  return account.nonce === 0n && account.balance === 0n && bytesEqual(account.codeHash, emptyCodeHash);
}

/** RLP as stored in the state trie: [nonce, balance, storageRoot, codeHash]. */
export function encodeAccount(account: Account): Uint8Array {
  const { nonce, balance } = account;
  const payload = rlpBigintSize(nonce) + rlpBigintSize(balance) + 66;
  const encoded = new Uint8Array(payload + 2);
  let offset = writeRlpHeader(0xc0, payload, encoded, 0);
  offset = writeRlpBigint(nonce, encoded, offset);
  offset = writeRlpBigint(balance, encoded, offset);
  encoded[offset] = 0xa0;
  encoded.set(account.storageRoot, offset + 1);
  encoded[offset + 33] = 0xa0;
  encoded.set(account.codeHash, offset + 34);
  return encoded;
}

/** @throws RLP_* naming the field */
export function decodeAccount(encoded: Uint8Array): Account {
  const reader = new RlpReader(encoded);
  const fields = reader.readList('account');
  const account: Account = {
    nonce: fields.readBigint('nonce', 8),
    balance: fields.readBigint('balance', 32),
    storageRoot: fields.readFixed(32, 'storageRoot'),
    codeHash: fields.readFixed(32, 'codeHash'),
  };
  fields.end('account');
  reader.end('account');
  return account;
}
