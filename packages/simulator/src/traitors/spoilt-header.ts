import type { Address } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import type { Chance } from '../core/chance.ts';

/** A header that is against the rules in one way. */
export function spoilHeader(header: Header, chance: Chance): Header {
  const changes: readonly Partial<Header>[] = [
    { stateRoot: chance.bytes(32) },
    { parentHash: chance.bytes(32) },
    { timestamp: header.timestamp - 1n },
    { timestamp: header.timestamp + 3_600n },
    { difficulty: 2n },
    { gasLimit: header.gasLimit * 2n },
    { mixHash: new Uint8Array(32) },
    { number: header.number + 1 },
    { coinbase: chance.bytes(20), nonce: chance.bytes(8) },
    { extraData: chance.bytes(40) },
  ];
  return { ...header, ...chance.pick(changes) };
}

/** A list of validators that is not the true one, which is empty where a contract names them. */
export function forgeValidators(validators: readonly Address[], chance: Chance): readonly Address[] {
  const stranger = chance.bytes(20);
  return chance.pick([
    [stranger, ...validators],
    validators.slice(1),
    [stranger, ...validators.slice(1)],
    validators.toReversed(),
  ]);
}

/** Whom traitors vote for. */
export const strangerAddress: Address = new Uint8Array(20).fill(0xee);

/** The bytes with a few of them changed, cut short, or replaced altogether. */
export function garble(bytes: Uint8Array, chance: Chance): Uint8Array {
  const kind = chance.below(3);
  if (kind === 0) return chance.bytes(1 + chance.below(200));
  if (kind === 1) return bytes.slice(0, chance.below(bytes.length));
  const changed = bytes.slice();
  for (let times = chance.between(1, 4); times > 0; times--) changed[chance.below(changed.length)] = chance.below(256);
  return changed;
}
