import { bigintToBytes, bytesToBigint, numberToBytes } from '@isoquorum/primitives/integer';
import { encodeRlp, type RlpItem } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { bytesToMapKey } from '../node-source.ts';
import { createChange, FlatLayer, setSlot } from './layer.ts';
import { decodeFlatAccount, encodeFlatAccount } from './records.ts';

/**
 * What a block that became part of the snapshot replaced, stored beside it so that it can be undone after a restart too:
 * rlp[root before, [[address, account before or nothing, incarnation of the slots, [[slot, value before]…]]…]].
 * `undefined` when some account was not in the snapshot yet: then the block cannot be undone in it.
 */
export function encodeUndo(layer: FlatLayer): Uint8Array | undefined {
  const items: RlpItem[] = [];
  for (const { address, before, slotsIncarnation } of layer.changes.values()) {
    if (before === undefined) return undefined;
    const slots = [...before.slots].map(([slot, value]) => [bigintToBytes(slot), bigintToBytes(value)]);
    const account = before.account === undefined ? new Uint8Array(0) : encodeFlatAccount(before.account);
    items.push([address, account, numberToBytes(slotsIncarnation ?? 0), slots]);
  }
  return encodeRlp([layer.parentRoot, items]);
}

/** A layer that undoes a block, to be put on top of the snapshot. @throws RLP_* naming the field */
export function decodeUndo(encoded: Uint8Array, blockNumber: number): FlatLayer {
  const outer = new RlpReader(encoded);
  const fields = outer.readList('undo');
  outer.end('undo');
  const layer = new FlatLayer(fields.readFixed(32, 'root').slice(), blockNumber, undefined);
  layer.isUndo = true;
  fields.readListOf('changes', (list) => {
    const entry = list.readList('change');
    const change = createChange(entry.readFixed(20, 'address').slice(), false);
    const account = entry.readBytes('account');
    if (account.length > 0) change.account = decodeFlatAccount(account.slice());
    change.slotsIncarnation = entry.readNumber('incarnation');
    entry.readListOf('slots', (pairs) => {
      const pair = pairs.readList('slot');
      const slot = bytesToBigint(pair.readBytes('slot'));
      setSlot(change, slot, bytesToBigint(pair.readBytes('value')));
      pair.end('slot');
    });
    entry.end('change');
    layer.changes.set(bytesToMapKey(change.address), change);
  });
  fields.end('undo');
  return layer;
}
