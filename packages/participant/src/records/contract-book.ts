import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { hexToBytes } from '@isoquorum/primitives/hex';
import type { ContractView } from '../participant-view.ts';
import { letterKey } from '../store-keys.ts';
import { fromJsonBytes, toJsonBytes } from './json-value.ts';

/** Contracts that this page knows of: private ones that it executed, public ones that it saw being created. */
export interface ContractBook {
  /** Newest first. */
  list(): readonly ContractView[];
  find(address: string): ContractView | undefined;
  put(contract: ContractView): StoreOperation[];
  /** Takes back private contracts created in block `number` or later. */
  rewind(number: number): StoreOperation[];
}

const contractsMax = 500;

export async function openContractBook(store: Store): Promise<ContractBook> {
  const contracts = new Map<string, ContractView>();
  const family = letterKey('c');
  const end = letterKey('c', new Uint8Array(21).fill(255));
  for await (const [, value] of store.iterate({ gte: family, lt: end })) {
    const contract = fromJsonBytes<ContractView>(value);
    if (contract !== undefined) contracts.set(contract.address, contract);
  }
  const keyOf = (address: string): Uint8Array => letterKey('c', hexToBytes(address));
  return {
    list: () => [...contracts.values()].toSorted((left, right) => right.blockNumber - left.blockNumber),
    find: (address) => contracts.get(address.toLowerCase()),
    put(contract) {
      if (contracts.size >= contractsMax && !contracts.has(contract.address) && !contract.private) return [];
      contracts.set(contract.address, contract);
      return [{ type: 'put', key: keyOf(contract.address), value: toJsonBytes(contract) }];
    },
    rewind(number) {
      const operations: StoreOperation[] = [];
      for (const contract of contracts.values()) {
        if (!contract.private || contract.blockNumber < number) continue;
        contracts.delete(contract.address);
        operations.push({ type: 'delete', key: keyOf(contract.address) });
      }
      return operations;
    },
  };
}
