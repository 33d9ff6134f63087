import { type Genesis, parseGenesis } from '../genesis/genesis.ts';

export const validator: `0x${string}` = '0x44add0ec310f115a0e603b2d7db9f067778eaf8a';
export const other: `0x${string}` = '0x294fc7e8f22b3bcdcf955dd7ff3ba2ed833f8212';
export const qbftExtra: `0x${string}` =
  '0xf87aa00000000000000000000000000000000000000000000000000000000000000000f8549493917cadbace5dfce132b991732c6cda9bcc5b8a9427a97c9aaf04f18f3014c32e036dd0ac76da5f1894ce412f988377e31f4d0ff12d74df73b51c42d0ca9498c1334496614aed49d2e81526d089f7264fed9cc080c0';
export const ibftExtra: `0x${string}` =
  '0x0000000000000000000000000000000000000000000000000000000000000000f89af8549493917cadbace5dfce132b991732c6cda9bcc5b8a9427a97c9aaf04f18f3014c32e036dd0ac76da5f1894ce412f988377e31f4d0ff12d74df73b51c42d0ca9498c1334496614aed49d2e81526d089f7264fed9cb8410000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000c0';
export const mixHash: `0x${string}` = '0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365';

export type Json = Record<string, unknown>;

/** A valid QBFT genesis file, with keys of `config` and of the file replaced. */
export function genesisJson(config: Json = {}, rest: Json = {}): Json {
  return {
    config: { chainId: 10, qbft: { epochlength: 30_000 }, ...config },
    nonce: '0x0',
    timestamp: '0x5f1663fc',
    extraData: qbftExtra,
    gasLimit: '0xf7b760',
    difficulty: '0x1',
    mixHash,
    coinbase: '0x0000000000000000000000000000000000000000',
    alloc: {},
    ...rest,
  };
}

/** The same, parsed and validated. */
export const parse = (config: Json = {}, rest: Json = {}): Genesis => parseGenesis(genesisJson(config, rest));
