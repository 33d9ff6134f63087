import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToMapKey } from './node-source.ts';
import { createStateObject, type StateObject } from './state-object.ts';
import type { StateReader } from './types.ts';

const recentCount = 4;

/**
 * The accounts of a state that were looked at. Those asked for last are found by the very arrays that name them (which nobody changes):
 * a transaction asks for its sender, its contract and the fee account again and again, and a map key costs more than all else here.
 */
export class ObjectTable {
  private readonly objects = new Map<string, StateObject>();
  private readonly recentAddresses: (Address | undefined)[] = Array.from({ length: recentCount }, () => undefined);
  private readonly recentObjects: (StateObject | undefined)[] = Array.from({ length: recentCount }, () => undefined);
  private next = 0;

  /** The account as it stands in memory, read when it is asked for first. @throws STATE_MISSING */
  get(address: Address, reader: StateReader): StateObject {
    const { recentAddresses, recentObjects } = this;
    for (let index = 0; index < recentCount; index++)
      if (recentAddresses[index] === address) return recentObjects[index] as StateObject;
    const key = bytesToMapKey(address);
    let object = this.objects.get(key);
    if (object === undefined) {
      const copy = address.slice();
      object = createStateObject(copy, key, reader.account(copy));
      this.objects.set(key, object);
    }
    recentAddresses[this.next] = address;
    recentObjects[this.next] = object;
    this.next = (this.next + 1) % recentCount;
    return object;
  }
}
