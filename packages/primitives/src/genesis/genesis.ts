import { emptyBytes, type Hash32 } from '../bytes.ts';
import { zeroAddress } from '../address.ts';
import { emptyBloom } from '../bloom.ts';
import { emptyTrieRoot, emptyUncleHash, type Header, zeroHash } from '../header.ts';
import { bigintToFixedBytes } from '../integer.ts';
import { genesisError } from './genesis-error.ts';
import { JsonObject, parseAllocKey, parseJsonExactly, parseStorageWord } from './json-object.ts';
import { parseChainConfig } from './parse-config.ts';
import type { Genesis, GenesisAccount } from './types.ts';
import { validateGenesis } from './validate.ts';

export type { ChainConfig } from './chain-config.ts';
export type { Genesis, GenesisAccount } from './types.ts';

/** Gas limit of a genesis that says 0. */
export const genesisGasLimit = 800_000_000n;

function parseAccount(key: string, value: unknown): GenesisAccount {
  const field = `alloc.${key}`;
  const json = new JsonObject(value, field);
  const storage: { slot: Hash32; value: Hash32 }[] = [];
  for (const [slot, word] of json.object('storage')?.entries() ?? [])
    storage.push({
      slot: parseStorageWord(slot, `${field}.storage`),
      value: parseStorageWord(word, `${field}.storage`),
    });
  return {
    address: parseAllocKey(key, field),
    balance: json.hexOrDecimal('balance', 256) ?? missing('balance', field, 'GenesisAccount'),
    nonce: json.hexOrDecimal('nonce', 64) ?? 0n,
    code: json.bytes('code') ?? emptyBytes,
    storage,
  };
}

function parseNumber(json: JsonObject): number {
  const number = json.hexOrDecimal('number', 64) ?? 0n;
  if (number > 0x1fffffffffffffn)
    throw genesisError('GENESIS_FIELD_INVALID', 'number: expected an integer below 2^53', 'number');
  return Number(number);
}

function missing(name: string, field: string, type: string): never {
  throw genesisError('GENESIS_FIELD_INVALID', `missing required field '${name}' for ${type}`, field);
}

/**
 * A genesis file, as text or as parsed JSON, read as Go reads it (keys in any case, unknown keys ignored) and checked
 * by the rules of `geth init` (goquorum.md 1.3) unless `validate` is false.
 * @throws GENESIS_JSON_INVALID, GENESIS_FIELD_INVALID, GENESIS_INVALID
 */
export function parseGenesis(source: unknown, options: { readonly validate?: boolean } = {}): Genesis {
  const json = new JsonObject(typeof source === 'string' ? parseJsonExactly(source) : source, '');
  const alloc = json.object('alloc') ?? missing('alloc', 'alloc', 'Genesis');
  const config = json.object('config') ?? missing('config', 'config', 'Genesis');
  const genesis: Genesis = {
    config: parseChainConfig(config),
    nonce: json.hexOrDecimal('nonce', 64) ?? 0n,
    timestamp: json.hexOrDecimal('timestamp', 64) ?? 0n,
    extraData: json.bytes('extraData') ?? emptyBytes,
    gasLimit: json.hexOrDecimal('gasLimit', 64) ?? missing('gasLimit', 'gasLimit', 'Genesis'),
    difficulty: json.hexOrDecimal('difficulty', 256) ?? missing('difficulty', 'difficulty', 'Genesis'),
    mixHash: json.hash('mixHash') ?? zeroHash,
    coinbase: json.address('coinbase') ?? zeroAddress,
    alloc: [...alloc.entries()].map(([key, value]) => parseAccount(key, value)),
    number: parseNumber(json),
    gasUsed: json.hexOrDecimal('gasUsed', 64) ?? 0n,
    parentHash: json.hash('parentHash') ?? zeroHash,
  };
  if (options.validate !== false) validateGenesis(genesis);
  return genesis;
}

/** The accounts that the genesis puts into the public state. */
export function genesisAlloc(genesis: Genesis): readonly GenesisAccount[] {
  return genesis.alloc;
}

/** The header of block 0 on a public state whose root is `stateRoot` (goquorum.md 1.5). No config key enters it. */
export function createGenesisHeader(genesis: Genesis, stateRoot: Hash32): Header {
  return {
    parentHash: genesis.parentHash,
    uncleHash: emptyUncleHash,
    coinbase: genesis.coinbase,
    stateRoot,
    transactionsRoot: emptyTrieRoot,
    receiptsRoot: emptyTrieRoot,
    logsBloom: emptyBloom,
    difficulty: genesis.difficulty,
    number: genesis.number,
    gasLimit: genesis.gasLimit === 0n ? genesisGasLimit : genesis.gasLimit,
    gasUsed: genesis.gasUsed,
    timestamp: genesis.timestamp,
    extraData: genesis.extraData,
    mixHash: genesis.mixHash,
    nonce: bigintToFixedBytes(genesis.nonce, 8),
  };
}
