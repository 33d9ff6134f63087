import type { Address, Hash32 } from './bytes.ts';
import { base58ToBytes, bytesToBase58 } from './base58.ts';
import { type Enode, formatEnode } from './enode.ts';
import { IsoquorumError } from './errors.ts';
import { bareHexToBytes, bytesToBareHex, concatBytes } from './hex.ts';
import { keccak256 } from './keccak.ts';
import { compressPublicKey, decompressPublicKey, privateKeyToAddress, privateKeyToPublicKey } from './secp256k1.ts';

/** A node key file or a PeerId is not of the expected form. */
export type NodeKeyErrorCode = 'NODE_KEY_INVALID' | 'PEER_ID_INVALID';

/**
 * The key of a `nodekey` file: 64 hexadecimal digits, white space around them allowed.
 * @throws NODE_KEY_INVALID (the text never contains the key)
 */
export function parseNodeKey(text: string): Uint8Array {
  try {
    const key = bareHexToBytes(text.trim(), 'nodekey');
    privateKeyToPublicKey(key);
    return key;
  } catch {
    throw new IsoquorumError(
      'NODE_KEY_INVALID',
      'nodekey: expected 64 hexadecimal digits',
      { field: 'nodekey' },
      'STOP',
    );
  }
}

/** The text of a `nodekey` file. */
export function formatNodeKey(nodeKey: Uint8Array): string {
  return bytesToBareHex(nodeKey);
}

/** The 64 bytes that an enode URL names: the public key's coordinates. @throws PRIVATE_KEY_INVALID */
export function nodeKeyToNodeId(nodeKey: Uint8Array): Uint8Array {
  return privateKeyToPublicKey(nodeKey).subarray(1);
}

/** Validator address of a node. @throws PRIVATE_KEY_INVALID */
export function nodeKeyToAddress(nodeKey: Uint8Array): Address {
  return privateKeyToAddress(nodeKey);
}

/** The enode URL of a node key at host and ports. @throws PRIVATE_KEY_INVALID */
export function nodeKeyToEnode(nodeKey: Uint8Array, location: Omit<Enode, 'nodeId'>): string {
  return formatEnode({ ...location, nodeId: nodeKeyToNodeId(nodeKey) });
}

/** devp2p's node id: keccak of the 64 bytes; permission files compare it. */
export function nodeIdToHash(nodeId: Uint8Array): Hash32 {
  return keccak256(nodeId);
}

/** libp2p's protobuf public key of type Secp256k1 (2) or Ed25519 (1), in an identity multihash, as base58btc text. */
function peerIdText(keyType: 1 | 2, key: Uint8Array): string {
  const message = concatBytes(Uint8Array.of(0x08, keyType, 0x12, key.length), key);
  return bytesToBase58(concatBytes(Uint8Array.of(0x00, message.length), message));
}

/** libp2p PeerId (`16Uiu2…`) of a secp256k1 public key of 64, 65 or 33 bytes. @throws PUBLIC_KEY_INVALID */
export function publicKeyToPeerId(publicKey: Uint8Array): string {
  return peerIdText(2, compressPublicKey(publicKey));
}

/** libp2p PeerId (`12D3Koo…`) of a 32-byte Ed25519 public key. */
export function ed25519KeyToPeerId(publicKey: Uint8Array): string {
  return peerIdText(1, publicKey);
}

/** PeerId of a node key. @throws PRIVATE_KEY_INVALID */
export function nodeKeyToPeerId(nodeKey: Uint8Array): string {
  return publicKeyToPeerId(privateKeyToPublicKey(nodeKey));
}

export interface PeerIdKey {
  readonly type: 'secp256k1' | 'ed25519';
  /** 64 bytes of coordinates (secp256k1), or 32 bytes (Ed25519). */
  readonly publicKey: Uint8Array;
}

/** The public key inside a PeerId. @throws PEER_ID_INVALID */
export function peerIdToPublicKey(peerId: string): PeerIdKey {
  const invalid = (): never => {
    throw new IsoquorumError('PEER_ID_INVALID', 'not the PeerId of a secp256k1 or Ed25519 key', { field: 'peerId' });
  };
  let bytes: Uint8Array;
  try {
    bytes = base58ToBytes(peerId, 'peerId');
  } catch {
    return invalid();
  }
  const [hashCode, length, keyTag, keyType, dataTag, dataLength] = bytes;
  const key = bytes.subarray(6);
  if (hashCode !== 0 || length !== bytes.length - 2 || keyTag !== 0x08 || dataTag !== 0x12 || dataLength !== key.length)
    return invalid();
  if (keyType === 1 && key.length === 32) return { type: 'ed25519', publicKey: key };
  if (keyType !== 2 || key.length !== 33) return invalid();
  try {
    return { type: 'secp256k1', publicKey: decompressPublicKey(key).subarray(1) };
  } catch {
    return invalid();
  }
}
